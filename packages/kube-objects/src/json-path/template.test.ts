import { describe, expect, it } from 'vitest'
import { JsonPathTemplate } from './template.ts'

const data = {
  a: { b: 1, s: 'text', none: null },
  list: [
    { k: 'one', m: 1 },
    { k: 'two', m: 2.5 },
  ],
  empty: [],
}

/** What kubectl prints of texts and numbers. */
const shown = (text: string): string =>
  new JsonPathTemplate(text)
    .find(data)
    .map((found) => found.join(' '))
    .join('')

describe('a template of JSONPath', () => {
  it.each([
    ['plain', 'plain'],
    ['{.a.b} and {.a.s}', '1 and text'],
    ['{.list[*].k}', 'one two'],
    ['{range .list[*]}{.k}={.m}{"\\n"}{end}', 'one=1\ntwo=2.5\n'],
    ['{range .list[*]}{range .k}{@}{end};{end}!', 'one;two;!'],
    ['{range .empty[*]}x{end}y', 'y'],
    ['{.list[?(@.m>1.5)].k}', 'two'],
    ['{.list[?(@.none)].k}', ''],
    ['{"a\\tb\\x41"}{\'q\'}', 'a\tbAq'],
    ['{1.5}{true}{-3}', '1.5true-3'],
  ])('%s shows %j', (text, expected) => {
    expect(shown(text)).toBe(expected)
  })

  it.each([
    ['{.none}', 'none is not found'],
    ['{.a.none.deeper}', 'deeper is not found'],
    ['{.list[?(@.m>1)].k}', 'incompatible types for comparison'],
    ['{range .empty[*]}{.k}{end}', 'k is not found'],
    ['{range .list[*]}{.k}', 'k is not found'],
    ['{end}', 'not in range, nothing to end'],
    ['{word}', 'unrecognized identifier word'],
  ])('%s finds nothing: %s', (text, message) => {
    expect(() => shown(text)).toThrow(message)
  })

  it.each([
    ['x{.a.b', 'unclosed action'],
    ['{.a ~}', "unrecognized character in action: U+007E '~'"],
    ['{.list[}', 'unterminated array'],
    ['{.list[x]}', 'invalid array index x'],
    ['{.list[?(@.n}', 'unterminated filter'],
    ['{....k}', 'invalid multiple recursive descent'],
    ['{"abc}', 'unterminated quoted string'],
    ['{"a\\q"}', 'unquote string "a\\q" error invalid syntax'],
    ['{1.2.3}', 'cannot parse number 1.2.3'],
  ])('%s is none: %s', (text, message) => {
    expect(() => new JsonPathTemplate(text)).toThrow(message)
  })
})
