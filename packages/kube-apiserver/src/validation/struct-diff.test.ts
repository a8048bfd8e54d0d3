import { expect, it } from 'vitest'
import { structDiff } from './struct-diff.ts'

const fields = (count: number, more: object = {}) => ({
  ...Object.fromEntries(Array.from({ length: count }, (_, index) => [`F${index}`, index])),
  ...more,
})

it.each([
  [{ A: 1 }, { A: 1 }, ''],
  [{ A: 1 }, { A: 2 }, '@@ -1,3 +1,3 @@\n {\n- "A": 1\n+ "A": 2\n }\n'],
  [
    { Requests: null },
    { Requests: { storage: '<1Gi' } },
    '@@ -1,3 +1,5 @@\n {\n- "Requests": null\n+ "Requests": {\n+  "storage": "\\u003c1Gi"\n+ }\n }\n',
  ],
  // Seven lines that stay are one more than the context of two changes.
  [
    fields(9),
    fields(9, { F0: 'x', F8: 'y' }),
    '@@ -1,5 +1,5 @@\n {\n- "F0": 0,\n+ "F0": "x",\n  "F1": 1,\n  "F2": 2,\n  "F3": 3,\n@@ -7,5 +7,5 @@\n  "F5": 5,\n  "F6": 6,\n  "F7": 7,\n- "F8": 8\n+ "F8": "y"\n }\n',
  ],
])('from %j to %j', (before, after, text) => {
  expect(structDiff(before, after)).toBe(text)
})

it.each([
  [
    3,
    '@@ -2,6 +2,10 @@\n  "L": [\n   {\n    "N": "x",\n+   "V": "y"\n+  },\n+  {\n+   "N": "z",\n    "V": "y"\n   }\n  ],\n',
  ],
  [
    60,
    '@@ -2,6 +2,10 @@\n  "L": [\n   {\n    "N": "x",\n+   "V": "y"\n+  },\n+  {\n+   "N": "z",\n    "V": "y"\n   }\n  ],\n',
  ],
])('begins no match with what is everywhere in a long text, as difflib: %i more', (count, text) => {
  const beside = Array.from({ length: count }, (_, N) => ({ N, V: 'y' }))
  const one = { N: 'x', V: 'y' }

  expect(structDiff({ L: [one], M: beside }, { L: [one, { N: 'z', V: 'y' }], M: beside })).toBe(text)
})

it('does not compare what is too long', () => {
  const lines = (count: number, last: string) => ({ Args: [...Array.from({ length: count }, () => 'x'), last] })

  expect(structDiff(lines(4_000, 'y'), lines(4_000, 'z'))).toContain('+  "z"')
  expect(structDiff(lines(200_000, 'y'), lines(200_000, 'z'))).toBe('')
})
