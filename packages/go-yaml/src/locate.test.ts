import { describe, expect, it } from 'vitest'
import { locate } from './index.ts'

const text = `kind: HelmRelease
metadata:
  name: x
spec:
  chart: {name: a, version: "1"}
  list:
  - one
  - two: 2
`

describe('locate', () => {
  it.each([
    ['metadata.name', 3, 3],
    ['spec.chart.version', 5, 20],
    ['spec.list.1.two', 8, 5],
    ['spec.list.1', 8, 5],
    ['metadata.labels.app', 2, 1],
    ['nope', 1, 1],
  ])('%s is at %i:%i', (path, line, column) => {
    expect(locate(text, path)).toEqual({ line, column })
  })

  it('takes keys with dots as a list', () => {
    expect(locate('a:\n  b.c: 1', ['a', 'b.c'])).toEqual({ line: 2, column: 3 })
  })

  it('points at the start of a broken text', () => {
    expect(locate('a: b: c', 'a')).toEqual({ line: 1, column: 1 })
  })
})
