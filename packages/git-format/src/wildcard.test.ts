import { describe, expect, it } from 'vitest'
import { fitsText } from './wildcard.ts'

describe('fitsText', () => {
  it.each([
    ['', '', true],
    ['*', '', true],
    ['a*c', 'abbc', true],
    ['a*c', 'abcd', false],
    ['?b', 'ab', true],
    ['?', '', false],
    ['a.c', 'abc', false],
    ['*a'.repeat(60), 'a'.repeat(250), true],
    [`${'*a'.repeat(60)}b`, 'a'.repeat(250), false],
  ])('%s and %s: %s', (pattern, text, expected) => {
    expect(fitsText(pattern, text)).toBe(expected)
  })
})
