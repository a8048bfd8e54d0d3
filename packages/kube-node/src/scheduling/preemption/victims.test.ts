import { describe, expect, it } from 'vitest'
import type { Pod } from '../model/pod.ts'
import type { PodStatus } from '../model/pod-status.ts'
import type { Budget } from './budgets.ts'
import type { Misfit } from './fit.ts'
import { planPreemption } from './preemption.ts'

interface Facts {
  priority?: number
  size?: number
  startTime?: string
  policy?: 'Never'
  nominated?: boolean
  leaving?: boolean
}

function pod(name: string, { priority = 0, size = 1, startTime, policy, nominated, leaving }: Facts = {}): Pod {
  const condition = { type: 'DisruptionTarget', status: 'True' as const, reason: 'PreemptionByScheduler' }
  const status: PodStatus = {
    phase: 'Pending',
    ...(startTime && { startTime }),
    ...(nominated && { nominatedNodeName: 'n' }),
    ...(leaving && { conditions: [{ ...condition, lastTransitionTime: null, lastProbeTime: null }] }),
  }
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, labels: { size: String(size) }, ...(leaving && { deletionTimestamp: '2026-01-01T00:00:00Z' }) },
    spec: { containers: [], priority, ...(policy && { preemptionPolicy: policy }) },
    status,
  }
}

const sizeOf = ({ metadata }: Pod): number => Number(metadata.labels?.size)

/** What becomes of a pod on a node that has room for four. */
function outcome(wanted: Pod, others: Pod[], more: Misfit[] = [], budgets: Budget[] = []): string | string[] {
  const misfitsBeside = (beside: Pod[]): Misfit[] => {
    const taken = [...beside, wanted].reduce((sum, one) => sum + sizeOf(one), 0)
    return taken > 4 ? [{ reason: 'Insufficient cpu', isOthers: true }, ...more] : more
  }
  const plan = planPreemption(wanted, others, misfitsBeside, budgets)
  return 'victims' in plan ? plan.victims.map(({ metadata }) => metadata.name) : plan.why
}

describe('planPreemption', () => {
  it.each([
    ['takes the least important', [pod('a', { priority: 5, size: 2 }), pod('b', { priority: 1, size: 2 })], ['b']],
    [
      'takes the one that came last of equals',
      [
        pod('a', { size: 2, startTime: '2026-01-01T00:00:00Z' }),
        pod('b', { size: 2, startTime: '2026-01-02T00:00:00Z' }),
      ],
      ['b'],
    ],
    ['takes as many as it needs', [pod('a'), pod('b'), pod('c', { priority: 20, size: 2 })], ['b', 'a']],
    [
      'takes none as important as itself',
      [pod('a', { priority: 10, size: 4 })],
      '0/1 nodes are available: 1 No preemption victims found for incoming pod.',
    ],
    [
      'takes none when there would be no room for all that',
      [pod('a', { priority: 10, size: 3 }), pod('b')],
      '0/1 nodes are available: 1 Insufficient cpu.',
    ],
  ] as [string, Pod[], string | string[]][])('%s', (_name, others, expected) => {
    const victims = outcome(pod('p', { priority: 10, size: 2 }), others)

    expect(Array.isArray(victims) ? victims.toSorted() : victims).toEqual(
      Array.isArray(expected) ? expected.toSorted() : expected,
    )
  })

  it('takes none for what other pods have no part in', () => {
    const taint = { reason: 'node(s) had untolerated taint {a: b}', isOthers: false }

    expect(outcome(pod('p', { priority: 10, size: 4 }), [pod('a')], [taint])).toBe(
      '0/1 nodes are available: 1 Preemption is not helpful for scheduling.',
    )
  })

  it('takes none for a pod that does not want it, nor a second time while the first are going', () => {
    const others = [pod('a', { size: 3, leaving: true }), pod('b')]

    expect(outcome(pod('p', { priority: 10, size: 2, policy: 'Never' }), others)).toBe(
      'not eligible due to preemptionPolicy=Never.',
    )
    expect(outcome(pod('p', { priority: 10, size: 2, nominated: true }), others)).toBe(
      'not eligible due to a terminating pod on the nominated node.',
    )
  })
})

describe('budgets for disruptions', () => {
  const labels = { app: 'guarded' }
  const guarded = (name: string, facts: Facts): Pod => {
    const one = pod(name, facts)
    return { ...one, metadata: { ...one.metadata, namespace: 'n', labels: { ...one.metadata.labels, ...labels } } }
  }
  const budget = (disruptionsAllowed: number, more: Partial<Budget> = {}): Budget => ({
    apiVersion: 'policy/v1',
    kind: 'PodDisruptionBudget',
    metadata: { name: 'b', namespace: 'n' },
    spec: { selector: { matchLabels: labels } },
    status: { disruptionsAllowed },
    ...more,
  })
  const low = guarded('low', { priority: 1, size: 2 })
  const high = pod('high', { priority: 5, size: 2 })
  const victims = (budgets: Budget[], others: Pod[], size = 2): string | string[] =>
    outcome(pod('wanted', { priority: 10, size }), others, [], budgets)

  it('keep pods from going where others are enough, be they more important', () => {
    expect(victims([], [low, high])).toEqual(['low'])
    expect(victims([budget(0)], [low, high])).toEqual(['high'])
    expect(victims([budget(0)], [low, high], 4)).toEqual(['high', 'low'])
  })

  it.each<[string, Budget]>([
    ['that allow one', budget(1)],
    [
      'that have allowed this one',
      budget(0, { status: { disruptionsAllowed: 0, disruptedPods: { low: '2026-01-01T00:00:00Z' } } }),
    ],
    ['of another namespace', budget(0, { metadata: { name: 'b', namespace: 'other' } })],
    ['of all pods', budget(0, { spec: { selector: {} } })],
  ])('%s do not', (_title, of) => {
    expect(victims([of], [low, high])).toEqual(['low'])
  })

  it('count every pod that goes', () => {
    const others = ['a', 'b'].map((name) =>
      guarded(name, { priority: 1, startTime: `2026-01-01T00:00:0${name === 'a' ? 0 : 1}Z` }),
    )

    expect(victims([budget(1)], [...others, pod('c', { priority: 5, size: 2 })], 2)).toEqual(['c'])
  })
})
