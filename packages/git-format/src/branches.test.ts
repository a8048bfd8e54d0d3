import { describe, expect, it } from 'vitest'
import { fitsBranch } from './branches.ts'

describe('fitsBranch', () => {
  it.each([
    ['refs/heads/master', ['master'], true],
    ['refs/heads/master', ['refs/heads/master'], true],
    ['refs/heads/master2', ['master'], false],
    ['refs/heads/release/1', ['release/*'], true],
    ['refs/heads/release/1/x', ['release/*'], false],
    ['refs/tags/master', ['master'], false],
    ['refs/heads/aXb', ['a.b'], false],
  ])('%s is meant by %j: %s', (ref, patterns, answer) => {
    expect(fitsBranch(ref, patterns)).toBe(answer)
  })
})
