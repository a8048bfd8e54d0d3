import { describe, expect, it } from 'vitest'
import { LEVELS, mayImport } from './levels.ts'
import { members, read, tableRows } from './workspace.ts'

const all = members()
const packages = all.filter(({ folder }) => folder.startsWith('packages/'))
const OWN = '@slipway/'

describe('dependencies of the workspace', () => {
  it('puts every package into exactly one level', () => {
    expect(Object.values(LEVELS).flat().sort()).toEqual(packages.map(({ name }) => name).sort())
  })

  it.each(packages)('lets $folder depend on lower levels only, and on its own below 4', ({ name, dependencies }) => {
    const own = dependencies.filter((dependency) => dependency.startsWith(OWN))

    expect(own.filter((dependency) => !mayImport(name, dependency.slice(OWN.length)))).toEqual([])
  })

  it('says in ADR 7 why each runtime dependency is there, and who uses it', () => {
    const used = all.flatMap(({ name, dependencies }) =>
      dependencies.filter((dependency) => !dependency.startsWith(OWN)).map((dependency) => `${dependency} in ${name}`),
    )
    const explained = tableRows(read('docs/adr/0007-dependencies.md')).flatMap(([names = '', users = '', reason]) => {
      expect(reason, names).toBeTruthy()
      return names.split(', ').flatMap((name) => users.split(', ').map((user) => `${name} in ${user}`))
    })

    expect(explained.sort()).toEqual(used.sort())
  })
})
