import { describe, expect, it } from 'vitest'
import { formatted, tableText } from './output.ts'

describe('tableText', () => {
  it('pads every column to its widest cell, the last one too', () => {
    const rows = [
      ['NAME', 'REVISION'],
      ['appa', 12],
    ]

    expect(tableText(rows)).toBe('NAME\tREVISION\nappa\t12      \n')
  })

  it('cuts cells at the given width', () => {
    expect(tableText([['CHART VERSION'], ['0.2.0']], 5)).toBe('CH...\n0.2.0\n')
  })

  it('is as wide as the longest line of a cell, and cuts the cell by its whole length', () => {
    expect(tableText([['abcdefgh\nij']])).toBe('abcde...\n')
  })
})

describe('formatted', () => {
  const value = { name: 'a<b', list: [1] }

  it.each([
    ['json', '{"name":"a\\u003cb","list":[1]}\n'],
    ['yaml', 'list:\n- 1\nname: a<b\n'],
    ['table', 'the table'],
  ] as const)('writes %s as Go does', (format, expected) => {
    expect(formatted(format, value, () => 'the table')).toBe(expected)
  })
})
