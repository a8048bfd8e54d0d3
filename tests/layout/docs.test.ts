import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { cruiserLevels, LEVELS } from './levels.ts'
import { members, ROOT, read } from './workspace.ts'

const LONGEST = 300
const LONGEST_README = 40
/** What only a build makes. */
const BUILT = /\/dist(\/|$)/
const readmes = members()
  .filter(({ folder }) => folder.startsWith('packages/'))
  .map(({ folder, name }) => ({ folder, name, path: `${folder}/README.md` }))
const documents = [
  'CONTRIBUTING.md',
  'docs/ARCHITECTURE.md',
  'docs/compatibility.md',
  'docs/errors.md',
  'docs/registry.md',
]

describe('documents', () => {
  it.each([...documents, ...readmes.map(({ path }) => path)])('%s names only files that exist', (path) => {
    const named = [...read(path).matchAll(/`((?:packages|apps|docs|tests|tools|examples|bench)\/[^`\s<>*{}]*)`/g)]
    const folder = path.startsWith('packages/') ? path.replace(/README\.md$/, '') : ''

    const missing = named
      .map(([, name = '']) => name)
      .filter((name) => !isThere(name) && !isThere(folder + name) && !BUILT.test(name))

    expect(missing).toEqual([])
  })

  it.each(functionsNamed('docs/ARCHITECTURE.md'))('ARCHITECTURE.md finds %s in %s', (name, file) => {
    expect(read(file)).toMatch(new RegExp(`\\b${name}\\b`))
  })

  it('keeps ARCHITECTURE.md short enough to be read', () => {
    expect(read('docs/ARCHITECTURE.md').split('\n').length).toBeLessThanOrEqual(LONGEST)
  })

  it('has the levels of ARCHITECTURE.md enforced by dependency-cruiser', async () => {
    expect(await cruiserLevels()).toEqual(LEVELS)
  })

  it('describes every package of the code map, with an invariant', () => {
    const map = read('docs/ARCHITECTURE.md')
    for (const { name } of readmes)
      expect(map, name).toMatch(new RegExp(`^\\*\\*\`${name}\`\\*\\*.*\\*\\*Invariant[:.]`, 'ms'))
  })

  it.each(readmes)('$folder has a README that is quickly read', ({ name, path }) => {
    const text = read(path)

    expect(text).toMatch(new RegExp(`^# ${name}\n`))
    expect(text).toMatch(/Invariants?\b/)
    expect(text).toContain('vitest')
    expect(text.trimEnd().split('\n').length).toBeLessThanOrEqual(LONGEST_README)
  })
})

function isThere(path: string): boolean {
  return existsSync(join(ROOT, path))
}

/** `name` (`file`) pairs, as the story of one push writes them: "`name()` in `packages/…/file.ts`". */
function functionsNamed(path: string): [name: string, file: string][] {
  const pairs = read(path).matchAll(/`(?:\w+\.)*#?(\w+)\(\)`\s+in\s+`((?:packages|apps)\/[^`]+\.ts)`/g)
  return [...pairs].map(([, name = '', file = '']) => [name, file])
}
