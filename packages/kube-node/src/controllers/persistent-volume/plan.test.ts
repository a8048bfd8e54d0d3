import { describe, expect, it } from 'vitest'
import type { NodeObject } from '../../model/node.ts'
import {
  BIND_COMPLETED,
  BOUND_BY_CONTROLLER,
  type PersistentVolume,
  type PersistentVolumeClaim,
  PROVISIONED_BY,
  SELECTED_NODE,
  type StorageClass,
} from '../../model/storage.ts'
import { type ClaimPlan, DEFAULT_CLASS, planClaim } from './claim-plan.ts'
import { planVolume, referenceAfterUnbinding } from './volume-plan.ts'

const node: NodeObject = {
  apiVersion: 'v1',
  kind: 'Node',
  metadata: { name: 'n', labels: { 'kubernetes.io/hostname': 'n' } },
}

const find = (name: string): NodeObject | undefined => (name === 'n' ? node : undefined)

type Meta = Partial<PersistentVolume['metadata']>

const volume = (name: string, spec: Partial<PersistentVolume['spec']> = {}, metadata: Meta = {}): PersistentVolume => ({
  apiVersion: 'v1',
  kind: 'PersistentVolume',
  metadata: { name, ...metadata },
  spec: { capacity: { storage: '5Gi' }, accessModes: ['ReadWriteOnce'], storageClassName: '', ...spec },
  status: { phase: 'Available' },
})

const claim = (spec: Partial<PersistentVolumeClaim['spec']> = {}, annotations: object = {}): PersistentVolumeClaim => ({
  apiVersion: 'v1',
  kind: 'PersistentVolumeClaim',
  metadata: { name: 'c', namespace: 'ns', uid: 'c-1', annotations: { ...annotations } },
  spec: {
    accessModes: ['ReadWriteOnce'],
    resources: { requests: { storage: '2Gi' } },
    storageClassName: '',
    ...spec,
  },
})

const storageClass = (name: string, more: Partial<StorageClass> = {}, metadata: Meta = {}): StorageClass => ({
  apiVersion: 'storage.k8s.io/v1',
  kind: 'StorageClass',
  metadata: { name, ...metadata },
  provisioner: 'x.example/y',
  volumeBindingMode: 'Immediate',
  ...more,
})

const late: Partial<StorageClass> = { volumeBindingMode: 'WaitForFirstConsumer' }
const own = { namespace: 'ns', name: 'c', uid: 'c-1' }
const reserved = { namespace: 'ns', name: 'c' }
const foreign = { namespace: 'ns', name: 'other', uid: 'o-1' }
const only = (values: string[]) => ({
  required: {
    nodeSelectorTerms: [{ matchExpressions: [{ key: 'kubernetes.io/hostname', operator: 'In' as const, values }] }],
  },
})

function brief(plan: ClaimPlan): string {
  if (plan.kind === 'bind') return `bind ${plan.volume.metadata.name}`
  if (plan.kind === 'wait') return plan.event ? `wait ${plan.event[1]}` : 'wait'
  return plan.kind === 'lose' ? `lose ${plan.reason}` : `${plan.kind} ${plan.storageClass.metadata.name}`
}

describe('what is done for a claim', () => {
  it.each<[string, PersistentVolumeClaim, PersistentVolume[], string]>([
    [
      'takes the smallest that is large enough',
      claim(),
      [
        volume('big'),
        volume('fit', { capacity: { storage: '2Gi' } }),
        volume('small', { capacity: { storage: '1Gi' } }),
      ],
      'bind fit',
    ],
    [
      'takes one with fewer access modes before a smaller one',
      claim(),
      [
        volume('many', { accessModes: ['ReadWriteOnce', 'ReadWriteMany'], capacity: { storage: '2Gi' } }),
        volume('few'),
      ],
      'bind few',
    ],
    [
      'takes the one that is reserved for it',
      claim(),
      [volume('a', { capacity: { storage: '2Gi' } }), volume('b', { claimRef: reserved })],
      'bind b',
    ],
    ['completes what was begun', claim(), [volume('a'), volume('b', { claimRef: own })], 'bind b'],
    ['leaves those of others', claim(), [volume('a', { claimRef: foreign })], 'wait FailedBinding'],
    [
      'leaves those that are not free yet',
      claim(),
      [{ ...volume('a'), status: { phase: 'Pending' } }],
      'wait FailedBinding',
    ],
    ['leaves those of another class', claim(), [volume('a', { storageClassName: 'x' })], 'wait FailedBinding'],
    [
      'leaves those that it can not write to together',
      claim({ accessModes: ['ReadWriteMany'] }),
      [volume('a')],
      'wait FailedBinding',
    ],
    ['leaves raw devices', claim(), [volume('a', { volumeMode: 'Block' })], 'wait FailedBinding'],
    [
      'leaves those that go',
      claim(),
      [volume('a', {}, { deletionTimestamp: '2026-01-01T00:00:00Z' })],
      'wait FailedBinding',
    ],
    [
      'looks for labels',
      claim({ selector: { matchLabels: { a: '1' } } }),
      [volume('a'), volume('b', {}, { labels: { a: '1' } })],
      'bind b',
    ],
    ['takes the one that it names', claim({ volumeName: 'b' }), [volume('a'), volume('b')], 'bind b'],
    ['waits for the one that it names', claim({ volumeName: 'b' }), [volume('a')], 'wait'],
    [
      'says that the one it names is taken',
      claim({ volumeName: 'b' }),
      [volume('b', { claimRef: foreign })],
      'wait FailedBinding',
    ],
    [
      'says that the one it names does not suit',
      claim({ volumeName: 'b' }),
      [volume('b', { capacity: { storage: '1Gi' } })],
      'wait VolumeMismatch',
    ],
    [
      'stays bound',
      claim({ volumeName: 'b' }, { [BIND_COMPLETED]: 'yes' }),
      [volume('b', { claimRef: own })],
      'bind b',
    ],
    ['is lost with its volume', claim({ volumeName: 'b' }, { [BIND_COMPLETED]: 'yes' }), [], 'lose ClaimLost'],
    [
      'is lost without the name of its volume',
      claim({}, { [BIND_COMPLETED]: 'yes' }),
      [volume('b', { claimRef: own })],
      'lose ClaimLost',
    ],
    [
      'is lost when its volume has another claim',
      claim({ volumeName: 'b' }, { [BIND_COMPLETED]: 'yes' }),
      [volume('b', { claimRef: foreign })],
      'lose ClaimMisbound',
    ],
  ])('%s', (_title, wanted, volumes, expected) => {
    expect(brief(planClaim(wanted, { volumes, classes: [], node: find }))).toBe(expected)
  })

  const ofClass = claim({ storageClassName: 'k' })
  const placed = claim({ storageClassName: 'k' }, { [SELECTED_NODE]: 'n' })
  const { storageClassName: _none, ...classless } = claim().spec

  it.each<[string, PersistentVolumeClaim, StorageClass[], PersistentVolume[], string]>([
    ['has a volume made', ofClass, [storageClass('k')], [], 'provision k'],
    ['takes what is there first', ofClass, [storageClass('k')], [volume('a', { storageClassName: 'k' })], 'bind a'],
    ['says that there is no such class', ofClass, [], [], 'wait ProvisioningFailed'],
    [
      'waits for its pod',
      ofClass,
      [storageClass('k', late)],
      [volume('a', { storageClassName: 'k' })],
      'wait WaitForFirstConsumer',
    ],
    [
      'does not wait for its pod with a volume that is its own',
      ofClass,
      [storageClass('k', late)],
      [volume('a', { storageClassName: 'k', claimRef: reserved })],
      'bind a',
    ],
    [
      'takes what is there when its pod has a node',
      placed,
      [storageClass('k', late)],
      [volume('a', { storageClassName: 'k', nodeAffinity: only(['n']) })],
      'bind a',
    ],
    [
      'leaves what is on another node',
      placed,
      [storageClass('k', late)],
      [volume('a', { storageClassName: 'k', nodeAffinity: only(['m']) })],
      'provision k',
    ],
    [
      'gets the newest default class',
      { ...claim(), spec: classless },
      [
        storageClass('a', {}, { annotations: { [DEFAULT_CLASS]: 'true' }, creationTimestamp: '2026-01-01T00:00:00Z' }),
        storageClass('b', {}, { annotations: { [DEFAULT_CLASS]: 'true' }, creationTimestamp: '2026-01-02T00:00:00Z' }),
        storageClass('c', {}, { creationTimestamp: '2026-01-03T00:00:00Z' }),
      ],
      [],
      'assign-class b',
    ],
  ])('with classes, %s', (_title, wanted, classes, volumes, expected) => {
    expect(brief(planClaim(wanted, { volumes, classes, node: find }))).toBe(expected)
  })

  it('begins nothing for one that goes', () => {
    const leaving = claim()
    leaving.metadata.deletionTimestamp = '2026-01-01T00:00:00Z'
    expect(planClaim(leaving, { volumes: [volume('a')], classes: [], node: find }).kind).toBe('wait')
  })
})

describe('what is done for a volume', () => {
  const made = { annotations: { [PROVISIONED_BY]: 'p' } }
  it.each<[string, PersistentVolume, PersistentVolumeClaim | undefined, object]>([
    ['is free', volume('a'), undefined, { kind: 'phase', phase: 'Available' }],
    ['is reserved', volume('a', { claimRef: reserved }), claim(), { kind: 'phase', phase: 'Available' }],
    ['is released when its claim is gone', volume('a', { claimRef: own }), undefined, { kind: 'release' }],
    [
      'is released when another claim has come in its place',
      volume('a', { claimRef: { ...own, uid: 'c-0' } }),
      claim(),
      { kind: 'release' },
    ],
    ['waits for its claim', volume('a', { claimRef: own }), claim(), { kind: 'wait' }],
    ['is bound', volume('a', { claimRef: own }), claim({ volumeName: 'a' }), { kind: 'phase', phase: 'Bound' }],
    [
      'is given up when its claim has another',
      volume('a', { claimRef: own }),
      claim({ volumeName: 'b' }),
      { kind: 'unbind' },
    ],
    [
      'is deleted when it was made for a claim that has another',
      volume('a', { claimRef: own, persistentVolumeReclaimPolicy: 'Delete' }, made),
      claim({ volumeName: 'b' }),
      { kind: 'release' },
    ],
  ])('%s', (_title, given, itsClaim, expected) => {
    expect(planVolume(given, itsClaim)).toEqual(expected)
  })

  it('stays reserved by name after its user did so', () => {
    const bound = volume('a', { claimRef: own }, { annotations: { [BOUND_BY_CONTROLLER]: 'yes' } })
    expect(referenceAfterUnbinding(bound)).toBeNull()
    expect(referenceAfterUnbinding(volume('a', { claimRef: own }))).toEqual({ uid: null })
  })
})
