import { describe, expect, it } from 'vitest'
import type { NodeObject } from '../model/node.ts'
import type { Pod } from '../model/pod.ts'
import {
  BIND_COMPLETED,
  type PersistentVolume,
  type PersistentVolumeClaim,
  type StorageClass,
} from '../model/storage.ts'
import { claimOutlook } from './claims.ts'

const node: NodeObject = { apiVersion: 'v1', kind: 'Node', metadata: { name: 'n', labels: { zone: 'a' } } }

const pod = (name = 'p'): Pod => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, namespace: 'ns', uid: name },
  spec: { containers: [], volumes: [{ name: 'v', persistentVolumeClaim: { claimName: 'c' } }] },
})

const claim = (spec: Partial<PersistentVolumeClaim['spec']> = {}, bound = false): PersistentVolumeClaim => ({
  apiVersion: 'v1',
  kind: 'PersistentVolumeClaim',
  metadata: { name: 'c', namespace: 'ns', uid: 'c', ...(bound && { annotations: { [BIND_COMPLETED]: 'yes' } }) },
  spec: { accessModes: ['ReadWriteOnce'], ...spec },
})

const volume = (zone: string): PersistentVolume => ({
  apiVersion: 'v1',
  kind: 'PersistentVolume',
  metadata: { name: 'v' },
  spec: {
    storageClassName: 'none',
    accessModes: ['ReadWriteOnce'],
    nodeAffinity: {
      required: { nodeSelectorTerms: [{ matchExpressions: [{ key: 'zone', operator: 'In', values: [zone] }] }] },
    },
  },
  status: { phase: 'Available' },
})

const CLASSES: StorageClass[] = [
  { name: 'now', provisioner: 'p', volumeBindingMode: 'Immediate' as const },
  { name: 'late', provisioner: 'p', volumeBindingMode: 'WaitForFirstConsumer' as const },
  { name: 'none', provisioner: 'kubernetes.io/no-provisioner', volumeBindingMode: 'WaitForFirstConsumer' as const },
].map(({ name, ...more }) => ({ apiVersion: 'storage.k8s.io/v1', kind: 'StorageClass', metadata: { name }, ...more }))

interface Case {
  claim?: PersistentVolumeClaim
  volumes?: PersistentVolume[]
  others?: Pod[]
}

const outlook = ({ claim: known, volumes = [], others = [] }: Case, of = pod()) =>
  claimOutlook(of, node, others, {
    claim: () => known,
    volumes: () => volumes,
    storageClass: (name) => CLASSES.find(({ metadata }) => metadata.name === name),
  })

describe('the claims of a pod', () => {
  it.each<[string, Case, string]>([
    ['must be there', {}, 'persistentvolumeclaim "c" not found'],
    [
      'must be bound',
      { claim: claim({ storageClassName: 'now' }) },
      'pod has unbound immediate PersistentVolumeClaims',
    ],
    [
      'must not be lost',
      { claim: { ...claim({ volumeName: 'v' }, true), status: { phase: 'Lost' } } },
      'persistentvolumeclaim "c" bound to non-existent persistentvolume "v"',
    ],
    [
      'need their volume',
      { claim: claim({ volumeName: 'v' }, true) },
      'node(s) unavailable due to one or more pvc(s) bound to non-existent pv(s)',
    ],
    [
      'need a volume on this node',
      { claim: claim({ volumeName: 'v' }, true), volumes: [volume('b')] },
      "node(s) didn't match PersistentVolume's node affinity",
    ],
    [
      'need one that is there where none is made',
      { claim: claim({ storageClassName: 'none' }), volumes: [volume('b')] },
      "node(s) didn't find available persistent volumes to bind",
    ],
    [
      'may be for one pod alone',
      { claim: claim({ accessModes: ['ReadWriteOncePod'] }, true), others: [pod('q')] },
      'node has pod using PersistentVolumeClaim with the same name and ReadWriteOncePod access mode',
    ],
  ])('%s', (_title, given, reason) => {
    expect(outlook(given)).toMatchObject({ reason })
  })

  it.each<[string, Case, string]>([
    ['fit when they are bound', { claim: claim({ volumeName: 'v' }, true), volumes: [volume('a')] }, 'fits'],
    ['are bound for the node when they are to wait for it', { claim: claim({ storageClassName: 'late' }) }, 'waiting'],
    [
      'are bound for the node when there is a volume on it',
      { claim: claim({ storageClassName: 'none' }), volumes: [volume('a')] },
      'waiting',
    ],
  ])('%s', (_title, given, kind) => {
    expect(outlook(given).kind).toBe(kind)
  })

  it('of an ephemeral volume must have been made for the pod', () => {
    const of = pod()
    of.spec.volumes = [{ name: 'v', ephemeral: { volumeClaimTemplate: { spec: {} } } }]
    const why = 'waiting for ephemeral volume controller to create the persistentvolumeclaim "p-v"'
    expect(outlook({}, of)).toEqual({ kind: 'blocked', reason: why })
    expect(outlook({ claim: claim() }, of)).toMatchObject({
      reason: expect.stringMatching(/was not created for pod ns\/p/),
    })
  })

  it('are of no concern where there are none', () => {
    const of = pod()
    of.spec.volumes = [{ name: 'v', emptyDir: {} }]
    expect(outlook({}, of)).toEqual({ kind: 'fits' })
  })
})
