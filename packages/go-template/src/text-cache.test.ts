import { describe, expect, test } from 'vitest'
import { TextCache } from './text-cache.ts'

const texts = (count: number) => Array.from({ length: count }, (_, i) => String(i).padStart(10, '0'))

describe('a cache by text', () => {
  test('keeps every text while all of them fit', () => {
    const cache = new TextCache<number>(100)
    for (const [i, text] of texts(10).entries()) cache.set(text, i)
    expect(texts(10).map((text) => cache.get(text))).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
  })

  test('gives the value that was set last', () => {
    const cache = new TextCache<number>(100)
    cache.set('text', 1)
    cache.set('text', 2)
    expect(cache.get('text')).toBe(2)
  })

  test('keeps as much as its capacity and no more', () => {
    const cache = new TextCache<number>(100)
    for (const [i, text] of texts(1000).entries()) cache.set(text, i)
    const kept = texts(1000).filter((text, i) => cache.get(text) === i)
    expect(kept).toHaveLength(10)
  })

  test('does not keep a text that is larger than itself', () => {
    const cache = new TextCache<number>(5)
    cache.set('longer than that', 1)
    expect(cache.get('longer than that')).toBeUndefined()
  })

  test('knows a part of the texts that are asked in turn, though all of them do not fit', () => {
    const cache = new TextCache<number>(800)
    let known = 0
    for (let pass = 0; pass < 20; pass++) {
      for (const text of texts(100)) {
        if (cache.get(text) !== undefined) known++
        cache.set(text, pass)
      }
    }
    expect(known).toBeGreaterThan(500)
  })
})
