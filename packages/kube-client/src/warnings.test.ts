import { expect, it } from 'vitest'
import { warningsOf } from './warnings.ts'

it.each([
  [undefined, []],
  ['299 - "v1 Endpoints is deprecated"', ['v1 Endpoints is deprecated']],
  [String.raw`299 - "unrecognized format \"int64\""`, ['unrecognized format "int64"']],
  ['299 - "one, two", 299 - "three"', ['one, two', 'three']],
  [
    ['299 - "one"', '299 k8s "two"'],
    ['one', 'two'],
  ],
  ['nonsense', []],
])('reads the warnings of %s', (header, texts) => {
  expect(warningsOf(header)).toEqual(texts)
})
