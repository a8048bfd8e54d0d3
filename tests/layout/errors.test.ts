import { describe, expect, it } from 'vitest'
import { members, read, sources, tableRows } from './workspace.ts'

const CLASS = /class (\w+) extends (User|Transient|Bug)Error\b/g
const files = members().flatMap((member) =>
  sources(member).map((path) => ({ path, member: member.name, text: read(path) })),
)
/** Every class that a code can be thrown with, with the word that docs/errors.md has for it. */
const classes = new Map<string, string>([
  ['UserError', 'user'],
  ['TransientError', 'transient'],
  ['BugError', 'bug'],
  ...files.flatMap(({ text }) =>
    [...text.matchAll(CLASS)].map(([, name = '', base = '']): [string, string] => [name, base.toLowerCase()]),
  ),
])
const names = [...classes.keys()].join('|')
const CODE = "'([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)*)'"

describe('docs/errors.md', () => {
  it('has a row for each code that the source throws, and no other', () => {
    const thrown = new Set(files.flatMap(codesOf))

    expect(documentedCodes().map(({ row }) => row)).toEqual([...thrown].sort())
  })

  it('says of each code what it means and what to do', () => {
    for (const { row, cells } of documentedCodes()) {
      expect(cells, row).toHaveLength(4)
      for (const cell of cells) expect(cell, row).not.toBe('')
    }
  })
})

/** `member code class` of every code in a file. */
function codesOf({ path, member, text }: (typeof files)[number]): string[] {
  const found = new Map<string, Set<string>>()
  const add = (code: string, className: string): void => {
    found.set(code, (found.get(code) ?? new Set()).add(classes.get(className) ?? className))
  }
  // new UserError('CODE', and a table's row that pairs a class with its code: [/pattern/, UserError, 'CODE'].
  for (const [, name = '', code = ''] of text.matchAll(new RegExp(`\\b(${names})[(,]\\s*${CODE}`, 'g'))) add(code, name)
  for (const [, name = '', argument = ''] of text.matchAll(new RegExp(`\\bnew (${names})\\(\\s*([^'\\s][^,]*)`, 'g'))) {
    // Thrown again with the code that it had.
    if (argument === 'error.code') continue
    expect(argument, `${path}: a code is a literal, or comes as "code" from a table or a union of the same file`).toBe(
      'code',
    )
    const literals = text.replace(/(===|!==|case|isApiError\(\w+,) '[A-Z_]+'/g, '').matchAll(new RegExp(CODE, 'g'))
    for (const [, code = ''] of literals) if (code.includes('_') && !found.has(code)) add(code, name)
  }
  return [...found].flatMap(([code, kinds]) => [...kinds].map((kind) => `${member} ${code} ${kind}`))
}

/** The rows as `member code class`, sections by member, in the order of the document. */
function documentedCodes(): { row: string; cells: string[] }[] {
  return read('docs/errors.md')
    .split(/^## /m)
    .slice(1)
    .flatMap((section) => {
      const member = section.split('\n', 1)[0] ?? ''
      return tableRows(section).map((cells) => ({
        row: `${member} ${cells[0]?.replaceAll('`', '')} ${cells[1]}`,
        cells,
      }))
    })
}
