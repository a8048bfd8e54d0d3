import { expect, it } from 'vitest'
import type { Pod } from '../../model/pod.ts'
import { deletionOrder } from './deletion-order.ts'

const NOW = Date.parse('2026-01-01T12:00:00Z')

interface Facts {
  nodeName?: string
  phase?: 'Pending' | 'Running'
  readySince?: string
  cost?: string
  restarts?: number[]
  sidecarRestarts?: number
  created?: string
}

function pod(uid: string, facts: Facts): Pod {
  const { nodeName = 'n', phase = 'Running', readySince, cost, restarts = [], created = '2026-01-01T00:00:00Z' } = facts
  const status = readySince ? 'True' : 'False'
  const condition = { type: 'Ready', status, lastTransitionTime: readySince ?? null, lastProbeTime: null } as const
  const counted = (name: string, restartCount: number) =>
    ({ name, restartCount, image: '', imageID: '', ready: true, state: {}, lastState: {} }) as const
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      ...{ name: uid, uid, creationTimestamp: created },
      ...(cost && { annotations: { 'controller.kubernetes.io/pod-deletion-cost': cost } }),
    },
    spec: { nodeName, containers: [], initContainers: [{ name: 'side', image: '', restartPolicy: 'Always' }] },
    status: {
      phase,
      conditions: [condition],
      containerStatuses: restarts.map((count, index) => counted(String(index), count)),
      initContainerStatuses: [counted('side', facts.sidecarRestarts ?? 0), counted('once', 9)],
    },
  }
}

const EARLY = '2026-01-01T01:00:00Z'
const LATE = '2026-01-01T11:00:00Z'

it.each([
  ['has no node', { nodeName: '' }, {}],
  ['does not run', { phase: 'Pending' }, {}],
  ['is not ready', {}, { readySince: EARLY }],
  ['costs less', { cost: '-5' }, {}],
  ['costs less, however long it has been ready', { readySince: EARLY, cost: '1' }, { readySince: LATE, cost: '2' }],
  ['has been ready for a shorter time', { readySince: LATE }, { readySince: EARLY }],
  ['has restarted more often in one container', { restarts: [0, 3] }, { restarts: [2, 2] }],
  ['has restarted more often in a sidecar', { sidecarRestarts: 1 }, {}],
  ['is younger', { created: LATE }, { created: EARLY }],
] as [string, Facts, Facts][])('first goes one that %s', (_name, first, second) => {
  const order = deletionOrder([pod('a', second), pod('b', first)], NOW)

  expect(order.map(({ metadata }) => metadata.uid)).toEqual(['b', 'a'])
})

it('takes ages of the same magnitude for the same, so that not always the youngest goes', () => {
  const ages = ['2026-01-01T11:00:00Z', '2026-01-01T11:00:01Z']

  for (const [first = '', second = ''] of [ages, ages.toReversed()]) {
    const order = deletionOrder([pod('b', { created: first }), pod('a', { created: second })], NOW)
    expect(order.map(({ metadata }) => metadata.uid)).toEqual(['a', 'b'])
  }
})
