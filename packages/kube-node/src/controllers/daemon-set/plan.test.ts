import { describe, expect, it } from 'vitest'
import type { Taint } from '../../model/node.ts'
import type { Pod } from '../../model/pod.ts'
import { testNodeObject, testPod } from '../../testing/scheduling.ts'
import { type DaemonSet, REVISION_LABEL } from './daemon-set.ts'
import { FailureBackOff } from './failure-back-off.ts'
import { type DaemonPlan, planPresence, podsByNode } from './plan.ts'
import { planRollingUpdate } from './rolling-update.ts'
import { daemonSetStatus } from './status.ts'

type Limits = NonNullable<NonNullable<DaemonSet['spec']['updateStrategy']>['rollingUpdate']>

const set = (rollingUpdate: Limits = {}, nodeSelector?: Record<string, string>): DaemonSet => ({
  apiVersion: 'apps/v1',
  kind: 'DaemonSet',
  metadata: { name: 'd', namespace: 'n' },
  spec: {
    selector: {},
    template: { spec: { containers: [], ...(nodeSelector && { nodeSelector }) } },
    updateStrategy: { type: 'RollingUpdate', rollingUpdate },
  },
})

interface Facts {
  on?: string
  /** The Node that it waits for. */
  for?: string
  revision?: string
  phase?: 'Running' | 'Failed' | 'Succeeded'
  ready?: boolean
  leaving?: boolean
}

function pod(
  name: string,
  { on = 'here', for: target, revision = 'new', phase = 'Running', ready = true, leaving }: Facts = {},
): Pod {
  const condition = { type: 'Ready', lastTransitionTime: null, lastProbeTime: null }
  const term = { matchFields: [{ key: 'metadata.name', operator: 'In' as const, values: [target ?? ''] }] }
  const required = { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [term] } }
  return testPod(name, {
    labels: { [REVISION_LABEL]: revision },
    ...(target ? { affinity: { nodeAffinity: required } } : { nodeName: on }),
    ...(leaving && { deletionTimestamp: '2026-01-01T00:00:00Z' }),
    status: { phase, conditions: [{ ...condition, status: ready ? 'True' : 'False' }] },
  })
}

const old = { revision: 'old' }
const HERE = [testNodeObject('here')]
const names = ({ create, remove }: DaemonPlan): [string[], string[]] => [
  create,
  remove.map(({ metadata }) => metadata.name),
]

describe('the presence of daemons', () => {
  const dead: Taint = { key: 'node.kubernetes.io/unreachable', effect: 'NoExecute' }
  const reserved: Taint = { key: 'reserved', effect: 'NoSchedule' }

  it.each<[string, DaemonSet, typeof HERE, Pod[], boolean, string[], string[]]>([
    ['begins with one on each Node', set(), ['a', 'b'].map((name) => testNodeObject(name)), [], false, ['a', 'b'], []],
    [
      'begins on Nodes that are lost or cordoned, too',
      set(),
      [testNodeObject('a', { taints: [dead], unschedulable: true })],
      [],
      false,
      ['a'],
      [],
    ],
    [
      'leaves Nodes out that others have for themselves',
      set(),
      [testNodeObject('a', { taints: [reserved] })],
      [],
      false,
      [],
      [],
    ],
    [
      'stays where a Node is no longer open',
      set(),
      [testNodeObject('here', { taints: [reserved] })],
      [pod('x')],
      false,
      [],
      [],
    ],
    [
      'ends where a Node sends pods away',
      set(),
      [testNodeObject('here', { taints: [{ ...reserved, effect: 'NoExecute' }] })],
      [pod('x')],
      false,
      [],
      ['x'],
    ],
    ['ends where a Node is not selected', set({}, { gpu: 'yes' }), HERE, [pod('x')], false, [], ['x']],
    ['counts pods that have no Node yet', set(), HERE, [pod('x', { for: 'here' })], false, [], []],
    [
      'gives up pods that wait for a Node that is gone',
      set(),
      HERE,
      [pod('x'), pod('y', { for: 'gone' })],
      false,
      [],
      ['y'],
    ],
    ['leaves pods of a Node that is gone to others', set(), HERE, [pod('x'), pod('y', { on: 'gone' })], false, [], []],
    ['takes doubles away, those that wait first', set(), HERE, [pod('a', { for: 'here' }), pod('b')], false, [], ['a']],
    ['waits until the last has gone', set(), HERE, [pod('x', { leaving: true })], false, [], []],
    ['does not wait with a surge', set({ maxSurge: 1 }), HERE, [pod('x', { leaving: true })], false, ['here'], []],
    ['takes one away that has failed', set(), HERE, [pod('x', { phase: 'Failed' })], false, [], ['x']],
    ['keeps one that fails again and again for a while', set(), HERE, [pod('x', { phase: 'Failed' })], true, [], []],
    [
      'takes one away that has ended well, whatever failed',
      set(),
      HERE,
      [pod('x', { phase: 'Succeeded' })],
      true,
      [],
      ['x'],
    ],
    [
      'keeps the old one until the new one serves',
      set({ maxSurge: 1 }),
      HERE,
      [pod('x', old), pod('y', { ready: false })],
      false,
      [],
      [],
    ],
    ['takes the old one away then', set({ maxSurge: 1 }), HERE, [pod('x', old), pod('y')], false, [], ['x']],
    [
      'takes an old one away that does not serve itself',
      set({ maxSurge: 1 }),
      HERE,
      [pod('x', { ...old, ready: false }), pod('y', { ready: false })],
      false,
      [],
      ['x'],
    ],
  ])('%s', (_title, input, nodes, pods, holds, create, remove) => {
    const state = { nodes, pods: podsByNode(pods), revision: 'new', now: 0 }

    expect(names(planPresence(input, state, () => holds))).toEqual([create, remove])
  })
})

describe('a rolling update of daemons', () => {
  const nodes = ['a', 'b', 'c', 'd'].map((name) => testNodeObject(name))
  const all = (...facts: Facts[]): Pod[] =>
    facts.map((fact, index) => pod(`p${index}`, { on: 'abcd'[index]!, ...fact }))

  it.each<[string, Limits, Pod[], string[], string[]]>([
    ['replaces one at a time', {}, all(old, old, old, old), [], ['p0']],
    ['waits for the last one', {}, all({ ready: false }, old, old, old), [], []],
    ['waits while one is going', {}, all({ ...old, leaving: true }, old, old, old), [], []],
    [
      'replaces at once what serves nobody',
      {},
      all(old, { ...old, ready: false }, { ...old, ready: false }, {}),
      [],
      ['p1', 'p2'],
    ],
    ['replaces as many as may be missing', { maxUnavailable: '50%' }, all(old, old, old, old), [], ['p0', 'p1']],
    ['rounds up', { maxUnavailable: '26%' }, all(old, old, old, old), [], ['p0', 'p1']],
    ['counts Nodes that have none', { maxUnavailable: 2 }, all(old, old, old), [], ['p0']],
    ['moves on where nothing is allowed', { maxUnavailable: 0 }, all(old, old, old, old), [], ['p0']],
    ['surges', { maxSurge: 1, maxUnavailable: 0 }, all(old, old, old, old), ['a'], []],
    [
      'surges at once beside what serves nobody',
      { maxSurge: 1, maxUnavailable: 0 },
      all(old, { ...old, ready: false }, old, old),
      ['b', 'a'],
      [],
    ],
    [
      'has surged enough',
      { maxSurge: 1, maxUnavailable: 0 },
      [...all(old, old, old, old), pod('q', { on: 'a', ready: false })],
      [],
      [],
    ],
    [
      'ends the old beside the new',
      { maxSurge: 1, maxUnavailable: 0 },
      [...all(old, old, old, old), pod('q', { on: 'a' })],
      ['b'],
      ['p0'],
    ],
  ])('%s', (_title, limits, pods, create, remove) => {
    const state = { nodes, pods: podsByNode(pods), revision: 'new', now: 0 }

    expect(names(planRollingUpdate(set(limits), state))).toEqual([create, remove])
  })

  it('is left to whoever deletes the pods', () => {
    const input = set()
    input.spec.updateStrategy = { type: 'OnDelete' }

    expect(names(planRollingUpdate(input, { nodes, pods: podsByNode(all(old)), revision: 'new', now: 0 }))).toEqual([
      [],
      [],
    ])
  })
})

describe('the status of daemons', () => {
  it('counts the oldest pod of each Node', () => {
    const nodes = [
      ...['a', 'b', 'c'].map((name) => testNodeObject(name)),
      testNodeObject('x', { taints: [{ key: 't', effect: 'NoSchedule' }] }),
    ]
    const pods = [
      pod('1', { on: 'a' }),
      pod('2', { on: 'a', revision: 'old', ready: false }),
      pod('3', { on: 'b', ...old }),
      pod('4', { on: 'x' }),
    ]

    expect(daemonSetStatus(set(), { nodes, pods: podsByNode(pods), revision: 'new', now: 0 })).toEqual({
      ...{ desiredNumberScheduled: 3, currentNumberScheduled: 2, numberMisscheduled: 1, numberReady: 2 },
      ...{ numberAvailable: 2, numberUnavailable: 1, updatedNumberScheduled: 1 },
    })
  })
})

describe('FailureBackOff', () => {
  it('lets the first go at once, and each later one wait twice as long, up to a quarter of an hour', () => {
    const backOff = new FailureBackOff()
    const waits = [backOff.wait('d', 0)]
    for (let turn = 0; turn < 12; turn++) {
      backOff.replaced('d', 0)
      waits.push(backOff.wait('d', 0))
    }

    expect(waits).toEqual([0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900].map((seconds) => seconds * 1000))
  })

  it('forgets what is long ago', () => {
    const backOff = new FailureBackOff()
    backOff.replaced('d', 0)
    backOff.replaced('d', 0)

    expect(backOff.wait('d', 500)).toBe(1_500)
    expect(backOff.wait('d', 31 * 60_000)).toBe(0)
    backOff.replaced('d', 31 * 60_000)
    expect(backOff.wait('d', 31 * 60_000)).toBe(1_000)
  })
})
