import { describe, expect, it } from 'vitest'
import { afterProbe, nextProbeIn, type ProbeState, unprobed } from './probe-state.ts'

const after = (tries: boolean[], probe = {}): ProbeState =>
  tries.reduce((state, success) => afterProbe(state, probe, success), unprobed)

describe('afterProbe', () => {
  it.each([
    ['one success is enough', [true], {}, true],
    ['two failures say nothing yet', [false, false], {}, undefined],
    ['three failures are a verdict', [false, false, false], {}, false],
    ['a success in between begins anew', [false, false, true, false, false], {}, true],
    ['a threshold of successes', [false, false, false, true], { successThreshold: 2 }, false],
  ] as [string, boolean[], object, boolean | undefined][])('%s', (_name, tries, probe, result) => {
    expect(after(tries, probe).result).toBe(result)
  })
})

describe('nextProbeIn', () => {
  it.each([
    ['keeps the period', { succeeded: true, early: 3, elapsed: 9_999, took: 1 }, { delay: 10_001, counts: true }],
    [
      'counts it from its begin',
      { succeeded: true, early: 0, elapsed: 23_000, took: 3_000 },
      { delay: 7_000, counts: true },
    ],
    [
      'asks at once after a try that took longer',
      { succeeded: true, early: 0, elapsed: 21_000, took: 11_000 },
      { delay: 0, counts: true },
    ],
    [
      'does so when it failed, too',
      { succeeded: false, early: 9, elapsed: 10_001, took: 10_001 },
      { delay: 0, counts: true },
    ],
    ['asks again soon at first', { succeeded: false, early: 0, elapsed: 5, took: 5 }, { delay: 50, counts: false }],
    ['asks less and less', { succeeded: false, early: 4, elapsed: 5, took: 5 }, { delay: 800, counts: false }],
    [
      'counts the tries that are due',
      { succeeded: false, early: 10, elapsed: 8_000, took: 0 },
      { delay: 2_000, counts: true },
    ],
  ])('%s', (_name, input, expected) => {
    expect(nextProbeIn({}, input)).toEqual(expected)
  })
})
