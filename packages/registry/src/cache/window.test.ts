import { describe, expect, it } from 'vitest'
import { Window } from './window.ts'

/** Byte n is n modulo 251, so that no two blocks are alike. */
const content = Buffer.from(Array.from({ length: 1_000_000 }, (_, at) => at % 251))

function readFrom(window: Window, from: number): Buffer {
  const pieces: Buffer[] = []
  for (let at = from, piece = window.behind(at); piece; piece = window.behind(at)) {
    pieces.push(piece)
    at += piece.length
  }
  return Buffer.concat(pieces)
}

describe('a window', () => {
  it.each([1, 7, 65_536, 100_000])('has the last bytes of what comes in pieces of %i', (size) => {
    const window = new Window(200_000)
    for (let at = 0; at < content.length; at += size) window.add(content.subarray(at, at + size))

    expect(window.end).toBe(content.length)
    expect(window.behind(content.length)).toBeUndefined()
    expect(window.behind(content.length - 300_000)).toBeUndefined()
    expect(readFrom(window, 850_000).equals(content.subarray(850_000))).toBe(true)
  })

  it('does not change what it has given', () => {
    const window = new Window(100)
    window.add(content.subarray(0, 10))
    const given = window.behind(3)
    window.add(content.subarray(10, 500_000))

    expect(given?.equals(content.subarray(3, 10))).toBe(true)
  })
})
