import { describe, expect, it } from 'vitest'
import type { Autoscaler } from './autoscaler.ts'
import { type History, limit, rememberChange } from './limits.ts'

const NOW = 1_000_000_000
const history = (proposals: [replicas: number, secondsAgo: number][] = []): History => ({
  proposals: proposals.map(([replicas, ago]) => ({ replicas, time: NOW - ago * 1000 })),
  changes: [],
})
const autoscaler = (spec: Partial<Autoscaler['spec']> = {}) =>
  ({ spec: { minReplicas: 2, maxReplicas: 10, ...spec } }) as Autoscaler
const of = (past: History, current: number, wanted: number, spec: Partial<Autoscaler['spec']> = {}) => {
  const { replicas, able, limited } = limit(autoscaler(spec), past, { current, wanted, now: NOW })
  return [replicas, able.reason, limited.status, limited.reason]
}

describe('without rules of its own', () => {
  it.each([
    ['takes what is asked for', history(), 3, 4, [4, 'ReadyForNewScale', 'False', 'DesiredWithinRange']],
    ['at most doubles', history(), 3, 9, [6, 'ReadyForNewScale', 'True', 'ScaleUpLimit']],
    ['may make four at once', history(), 2, 9, [4, 'ReadyForNewScale', 'True', 'ScaleUpLimit']],
    ['stays below the most', history(), 8, 12, [10, 'ReadyForNewScale', 'True', 'TooManyReplicas']],
    ['stays above the least', history(), 4, 1, [2, 'ReadyForNewScale', 'True', 'TooFewReplicas']],
    [
      'waits before there are fewer',
      history([[6, 200]]),
      6,
      3,
      [6, 'ScaleDownStabilized', 'False', 'DesiredWithinRange'],
    ],
    ['waits no longer than that', history([[6, 301]]), 6, 3, [3, 'ReadyForNewScale', 'False', 'DesiredWithinRange']],
  ])('%s', (_, past, current, wanted, expected) => {
    expect(of(past, current, wanted)).toEqual(expected)
  })
})

describe('with rules', () => {
  const up = { policies: [{ type: 'Pods' as const, value: 2, periodSeconds: 60 }] }
  const down = { stabilizationWindowSeconds: 0, policies: [{ type: 'Percent' as const, value: 50, periodSeconds: 60 }] }
  const behavior = { scaleUp: up, scaleDown: down }

  it('counts what was done in a period', () => {
    const past = history()
    expect(of(past, 2, 8, { behavior })).toEqual([4, 'ReadyForNewScale', 'True', 'ScaleUpLimit'])
    rememberChange(past, 2, NOW - 30_000)
    expect(of(past, 4, 8, { behavior })).toEqual([4, 'ReadyForNewScale', 'True', 'ScaleUpLimit'])
  })

  it('goes down by their share, and not at all when that is disabled', () => {
    expect(of(history(), 9, 2, { behavior })).toEqual([4, 'ReadyForNewScale', 'True', 'ScaleDownLimit'])
    const fixed = { scaleUp: up, scaleDown: { ...down, selectPolicy: 'Disabled' as const } }
    expect(of(history(), 9, 2, { behavior: fixed })).toEqual([9, 'ReadyForNewScale', 'True', 'ScaleDownLimit'])
  })

  it('takes the policy that allows most, or least', () => {
    const policies = [...up.policies, { type: 'Percent' as const, value: 100, periodSeconds: 60 }]
    const most = { scaleUp: { policies }, scaleDown: down }
    const least = { scaleUp: { policies, selectPolicy: 'Min' as const }, scaleDown: down }
    expect(of(history(), 4, 10, { behavior: most })[0]).toBe(8)
    expect(of(history(), 4, 10, { behavior: least })[0]).toBe(6)
  })

  it('waits before there are more when they say so', () => {
    const behavior = { scaleUp: { ...up, stabilizationWindowSeconds: 120 }, scaleDown: down }
    expect(of(history([[3, 60]]), 3, 5, { behavior })).toEqual([3, 'ScaleUpStabilized', 'False', 'DesiredWithinRange'])
  })
})
