import { describe, expect, it } from 'vitest'
import type { Pod } from '../../model/pod.ts'
import { isOfCurrentRevision, statefulPod } from './identity.ts'
import { planStatefulSet } from './plan.ts'
import { REVISION_LABEL, type StatefulSet } from './stateful-set.ts'
import { statefulSetStatus } from './status.ts'

const NOW = Date.parse('2026-01-01T01:00:00Z')

const set = (spec: Partial<StatefulSet['spec']> = {}, status: StatefulSet['status'] = {}): StatefulSet => ({
  apiVersion: 'apps/v1',
  kind: 'StatefulSet',
  metadata: { name: 's', namespace: 'n' },
  spec: { replicas: 3, selector: {}, template: { spec: { containers: [] } }, ...spec },
  status,
})

interface Facts {
  revision?: string
  ready?: boolean
  phase?: 'Running' | 'Failed' | 'Succeeded'
  deleted?: boolean
}

function pod(ordinal: number, { revision = 'new', ready = true, phase = 'Running', deleted = false }: Facts = {}): Pod {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: `s-${ordinal}`,
      labels: { [REVISION_LABEL]: revision },
      ...(deleted && { deletionTimestamp: '2026-01-01T00:59:00Z' }),
    },
    spec: { containers: [] },
    status: {
      phase,
      conditions: [
        {
          type: 'Ready',
          status: ready ? 'True' : 'False',
          lastTransitionTime: '2026-01-01T00:59:50Z',
          lastProbeTime: null,
        },
      ],
    },
  }
}

const parallel = { podManagementPolicy: 'Parallel' as const }
const old = { revision: 'old' }

describe('planStatefulSet', () => {
  it.each([
    ['begins with the first', set(), [], [0], []],
    ['waits for one that is not ready', set(), [pod(0, { ready: false })], [], []],
    ['goes on when it is', set(), [pod(0)], [1], []],
    ['waits until it has been ready for long enough', set({ minReadySeconds: 60 }), [pod(0)], [], []],
    ['creates all at once where order does not matter', set(parallel), [pod(1)], [0, 2], []],
    [
      'counts a partition from its first number',
      set({ replicas: 2, ordinals: { start: 5 }, updateStrategy: { rollingUpdate: { partition: 1 } } }),
      [pod(5, old), pod(6, old)],
      [],
      ['s-6'],
    ],
    [
      'leaves those before the partition as they are',
      set({ replicas: 2, ordinals: { start: 5 }, updateStrategy: { rollingUpdate: { partition: 1 } } }),
      [pod(5, old), pod(6)],
      [],
      [],
    ],
    ['begins with another number', set({ replicas: 1, ordinals: { start: 5 } }), [], [5], []],
    ['fills a gap', set(), [pod(0), pod(2)], [1], []],
    ['replaces one that has failed', set(), [pod(0, { phase: 'Failed', ready: false }), pod(1)], [], ['s-0']],
    [
      'replaces one that has ended well',
      set({ replicas: 1 }),
      [pod(0, { phase: 'Succeeded', ready: false })],
      [],
      ['s-0'],
    ],
    ['waits for one that is leaving', set(), [pod(0), pod(1, { deleted: true })], [], []],
    ['shrinks from the end', set({ replicas: 1 }), [pod(0), pod(1), pod(2)], [], ['s-2']],
    ['shrinks one by one', set({ replicas: 1 }), [pod(0), pod(1), pod(2, { deleted: true })], [], []],
    [
      'shrinks at once where order does not matter',
      set({ replicas: 1, ...parallel }),
      [pod(0), pod(1), pod(2)],
      [],
      ['s-2', 's-1'],
    ],
    [
      'does not shrink past one that is not ready',
      set({ replicas: 1 }),
      [pod(0), pod(1, { ready: false }), pod(2, { ready: false })],
      [],
      [],
    ],
    [
      'takes the one away that is not ready',
      set({ replicas: 1 }),
      [pod(0), pod(1), pod(2, { ready: false })],
      [],
      ['s-2'],
    ],
    ['updates from the end', set(), [pod(0, old), pod(1, old), pod(2, old)], [], ['s-2']],
    ['waits for what it has updated', set(parallel), [pod(0, old), pod(1, old), pod(2, { ready: false })], [], []],
    ['then updates the next', set(), [pod(0, old), pod(1, old), pod(2)], [], ['s-1']],
    [
      'stops at the partition',
      set({ updateStrategy: { rollingUpdate: { partition: 2 } } }),
      [pod(0, old), pod(1, old), pod(2)],
      [],
      [],
    ],
    [
      'updates nothing by itself on request',
      set({ updateStrategy: { type: 'OnDelete' } }),
      [pod(0, old), pod(1, old), pod(2, old)],
      [],
      [],
    ],
    ['has nothing to do', set(), [pod(0), pod(1), pod(2)], [], []],
  ] as [string, StatefulSet, Pod[], number[], string[]][])('%s', (_name, input, pods, create, remove) => {
    const plan = planStatefulSet(input, pods, { revision: 'new', now: NOW })

    expect({ create: plan.create, remove: plan.remove.map(({ metadata }) => metadata.name) }).toEqual({
      create,
      remove,
    })
  })
})

describe('isOfCurrentRevision', () => {
  it.each([
    ['below the partition', { rollingUpdate: { partition: 2 } }, 1, true],
    ['above the partition', { rollingUpdate: { partition: 2 } }, 2, false],
    ['while so many are of the old template', {}, 1, true],
    ['when they are not any more', {}, 2, false],
  ])('%s', (_name, updateStrategy, ordinal, expected) => {
    expect(isOfCurrentRevision(set({ updateStrategy }, { currentReplicas: 2 }), ordinal)).toBe(expected)
  })
})

describe('statefulPod', () => {
  it('has its own name, place in DNS and claims', () => {
    const input = set({
      serviceName: 'svc',
      volumeClaimTemplates: [{ apiVersion: 'v1', kind: 'PersistentVolumeClaim', metadata: { name: 'data' }, spec: {} }],
      template: {
        spec: {
          containers: [],
          volumes: [
            { name: 'data', emptyDir: {} },
            { name: 'tmp', emptyDir: {} },
          ],
        },
      },
    })

    const { metadata, spec } = statefulPod(input, 1, { template: input.spec.template, revision: 'r' })

    expect(metadata).toMatchObject({
      name: 's-1',
      generateName: 's-',
      labels: { [REVISION_LABEL]: 'r', 'apps.kubernetes.io/pod-index': '1' },
    })
    expect(spec).toMatchObject({ hostname: 's-1', subdomain: 'svc' })
    expect(spec.volumes).toEqual([
      { name: 'data', persistentVolumeClaim: { claimName: 'data-s-1' } },
      { name: 'tmp', emptyDir: {} },
    ])
  })
})

describe('statefulSetStatus', () => {
  const revisions = { current: 'old', update: 'new' }

  it('counts both templates during a rollout', () => {
    expect(statefulSetStatus(set(), [pod(0, old), pod(1, old), pod(2)], revisions, NOW)).toMatchObject({
      ...{ currentRevision: 'old', updateRevision: 'new', currentReplicas: 2, updatedReplicas: 1, readyReplicas: 3 },
    })
  })

  it('takes the new template for the current one at the end', () => {
    expect(statefulSetStatus(set(), [pod(0), pod(1), pod(2)], revisions, NOW)).toMatchObject({
      ...{ currentRevision: 'new', currentReplicas: 3, updatedReplicas: 3, availableReplicas: 3 },
    })
  })
})
