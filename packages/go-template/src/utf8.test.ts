import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { byteLength, bytesOf, stringOf } from './index.ts'

describe('Go strings', () => {
  it('keep any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        expect(Array.from(bytesOf(stringOf(bytes)))).toEqual(Array.from(bytes))
        expect(byteLength(stringOf(bytes))).toBe(bytes.length)
      }),
    )
  })

  it.each([
    ['', 0],
    ['abc', 3],
    ['é', 2],
    ['€', 3],
    ['😀', 4],
    ['\udc80', 1],
  ])('%s has %i bytes', (text, length) => {
    expect(byteLength(text)).toBe(length)
    expect(bytesOf(text)).toHaveLength(length)
  })
})
