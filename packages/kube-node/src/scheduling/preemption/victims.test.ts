import { describe, expect, it } from 'vitest'
import type { Pod } from '../../model/pod.ts'
import { testNodeObject, testPod } from '../../testing/scheduling.ts'
import { NodeInfo } from '../cluster/node-info.ts'
import { podInfo } from '../cluster/pod-info.ts'
import { others as hindered, never, type Rule } from '../filters/rule.ts'
import type { Budget } from './budgets.ts'
import { selectVictims } from './victims.ts'

interface Facts {
  priority?: number
  size?: number
  startTime?: string
}

function pod(name: string, { priority = 0, size = 1, startTime }: Facts = {}): Pod {
  return testPod(name, { priority, labels: { size: String(size) }, ...(startTime && { status: { startTime } }) })
}

const sizeOf = ({ metadata }: Pod): number => Number(metadata.labels?.size)

/** Who goes for a pod from a node that has room for four. */
function outcome(wanted: Pod, others: Pod[], more: Rule[] = [], budgets: Budget[] = []): string[] {
  const room: Rule = {
    check({ pods }) {
      const taken = [...pods.values()].reduce((sum, one) => sum + sizeOf(one.pod), sizeOf(wanted))
      return taken > 4 ? hindered('Insufficient cpu') : undefined
    },
  }
  const node = new NodeInfo(testNodeObject('n'), others.map(podInfo))
  const found = selectVictims(node, { info: podInfo(wanted), rules: [room, ...more], nominated: [], budgets })
  return Array.isArray(found) ? found : found.victims.map(({ pod: { metadata } }) => metadata.name)
}

describe('a preemption', () => {
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
    ['takes as many as it needs', [pod('a'), pod('b'), pod('c', { priority: 20, size: 2 })], ['a', 'b']],
    [
      'takes none as important as itself',
      [pod('a', { priority: 10, size: 4 })],
      ['No preemption victims found for incoming pod'],
    ],
    [
      'takes none when there would be no room for all that',
      [pod('a', { priority: 10, size: 3 }), pod('b')],
      ['Insufficient cpu'],
    ],
  ] as [string, Pod[], string[]][])('%s', (_name, others, expected) => {
    expect(outcome(pod('p', { priority: 10, size: 2 }), others)).toEqual(expected)
  })

  it('takes none for what other pods have no part in', () => {
    const taint: Rule = { check: () => never('node(s) had untolerated taint(s)') }

    expect(outcome(pod('p', { priority: 10, size: 4 }), [pod('a')], [taint])).toEqual([
      'node(s) had untolerated taint(s)',
    ])
  })
})

describe('budgets for disruptions', () => {
  const labels = { app: 'guarded' }
  const guarded = (name: string, facts: Facts): Pod => {
    const one = pod(name, facts)
    return { ...one, metadata: { ...one.metadata, labels: { ...one.metadata.labels, ...labels } } }
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
  const victims = (budgets: Budget[], others: Pod[], size = 2): string[] =>
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
