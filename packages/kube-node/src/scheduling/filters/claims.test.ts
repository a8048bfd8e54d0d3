import { describe, expect, it } from 'vitest'
import type { NodeObject } from '../../model/node.ts'
import type { Pod } from '../../model/pod.ts'
import {
  BIND_COMPLETED,
  type PersistentVolume,
  type PersistentVolumeClaim,
  SELECTED_NODE,
  type StorageClass,
} from '../../model/storage.ts'
import { testKnowledge } from '../../testing/scheduling.ts'
import { podInfo } from '../cluster/pod-info.ts'
import { decide } from '../decision.ts'

const node: NodeObject = {
  apiVersion: 'v1',
  kind: 'Node',
  metadata: { name: 'n', labels: { zone: 'a', 'topology.kubernetes.io/zone': 'a' } },
  status: { allocatable: { pods: '10' } },
}

const pod = (name = 'p', nodeName?: string): Pod => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, namespace: 'ns', uid: name },
  spec: {
    containers: [],
    ...(nodeName && { nodeName }),
    volumes: [{ name: 'v', persistentVolumeClaim: { claimName: 'c' } }],
  },
})

const claim = (spec: Partial<PersistentVolumeClaim['spec']> = {}, bound = false): PersistentVolumeClaim => ({
  apiVersion: 'v1',
  kind: 'PersistentVolumeClaim',
  metadata: { name: 'c', namespace: 'ns', uid: 'c', ...(bound && { annotations: { [BIND_COMPLETED]: 'yes' } }) },
  spec: { accessModes: ['ReadWriteOnce'], ...spec },
})

const volume = (zone: string, labelled?: string): PersistentVolume => ({
  apiVersion: 'v1',
  kind: 'PersistentVolume',
  metadata: { name: 'v', ...(labelled && { labels: { 'topology.kubernetes.io/zone': labelled } }) },
  spec: {
    storageClassName: 'none',
    accessModes: ['ReadWriteOnce'],
    nodeAffinity: {
      required: { nodeSelectorTerms: [{ matchExpressions: [{ key: 'zone', operator: 'In', values: [zone] }] }] },
    },
  },
  status: { phase: 'Available' },
})

/** One of which a node is told already. */
const chosen = (name: string): PersistentVolumeClaim => ({
  ...claim({ storageClassName: 'late' }),
  metadata: { name: 'c', namespace: 'ns', uid: 'c', annotations: { [SELECTED_NODE]: name } },
})

const UNBOUND = 'pod has unbound immediate PersistentVolumeClaims'
const UNAVAILABLE = "node(s) didn't find available persistent volumes to bind"

const CLASSES: StorageClass[] = [
  { name: 'now', provisioner: 'p', volumeBindingMode: 'Immediate' as const },
  { name: 'late', provisioner: 'p', volumeBindingMode: 'WaitForFirstConsumer' as const },
  { name: 'none', provisioner: 'kubernetes.io/no-provisioner', volumeBindingMode: 'WaitForFirstConsumer' as const },
  {
    ...{ name: 'elsewhere', provisioner: 'p', volumeBindingMode: 'WaitForFirstConsumer' as const },
    allowedTopologies: [{ matchLabelExpressions: [{ key: 'zone', values: ['b'] }] }],
  },
].map(({ name, ...more }) => ({ apiVersion: 'storage.k8s.io/v1', kind: 'StorageClass', metadata: { name }, ...more }))

interface Case {
  claim?: PersistentVolumeClaim
  volumes?: PersistentVolume[]
  others?: Pod[]
}

/** Where the pod goes, or why it does not. */
const outlook = ({ claim: known, volumes = [], others = [] }: Case, of = pod()): string => {
  const storage = {
    claim: () => known,
    volume: (name: string) => volumes.find(({ metadata }) => metadata.name === name),
    volumes: () => volumes,
    storageClass: (name: string) => CLASSES.find(({ metadata }) => metadata.name === name),
  }
  const decision = decide(podInfo(of), testKnowledge([node], others, { storage }))
  if (decision.kind === 'node') return decision.claims.length > 0 ? 'fits once it is bound' : 'fits'
  return decision.message.replace(/^0\/1 nodes are available: (1 )?(.*?)\. (not found|no new .*)$/, '$2')
}

describe('the claims of a pod', () => {
  it.each<[string, Case, string]>([
    ['must be there', {}, 'persistentvolumeclaim "c" not found'],
    ['must be bound', { claim: claim({ storageClassName: 'now' }) }, UNBOUND],
    [
      'must be bound to the volume that they name',
      { claim: claim({ storageClassName: 'late', volumeName: 'v' }), volumes: [volume('a')] },
      UNBOUND,
    ],
    [
      'must not be lost',
      { claim: { ...claim({ volumeName: 'v' }, true), status: { phase: 'Lost' } } },
      'persistentvolumeclaim "c" bound to non-existent persistentvolume "v"',
    ],
    ['need their volume', { claim: claim({ volumeName: 'v' }, true) }, 'persistentvolume "v" not found'],
    [
      'need a volume on this node',
      { claim: claim({ volumeName: 'v' }, true), volumes: [volume('b')] },
      "node(s) didn't match PersistentVolume's node affinity",
    ],
    [
      'need a volume in the zone of this node',
      { claim: claim({ volumeName: 'v' }, true), volumes: [volume('a', 'b__c')] },
      'node(s) had no available volume zone',
    ],
    [
      'need one that is there where none is made',
      { claim: claim({ storageClassName: 'none' }), volumes: [volume('b')] },
      UNAVAILABLE,
    ],
    ['can not be made on every node', { claim: claim({ storageClassName: 'elsewhere' }) }, UNAVAILABLE],
    ['are made on one node only', { claim: chosen('other') }, UNAVAILABLE],
    [
      'may be for one pod alone',
      {
        claim: claim({ accessModes: ['ReadWriteOncePod'], volumeName: 'v' }, true),
        volumes: [volume('a')],
        others: [pod('q', 'n')],
      },
      'node(s) unavailable due to PersistentVolumeClaim with ReadWriteOncePod access mode already in-use by another pod',
    ],
    ['fit when they are bound', { claim: claim({ volumeName: 'v' }, true), volumes: [volume('a', 'z__a')] }, 'fits'],
    [
      'are bound for the node when they are to wait for it',
      { claim: claim({ storageClassName: 'late' }) },
      'fits once it is bound',
    ],
    ['are made on the node that was chosen', { claim: chosen('n') }, 'fits once it is bound'],
    [
      'are bound for the node when there is a volume on it',
      { claim: claim({ storageClassName: 'none' }), volumes: [volume('a')] },
      'fits once it is bound',
    ],
  ])('%s', (_title, given, expected) => {
    expect(outlook(given)).toBe(expected)
  })

  it('do not share one volume', () => {
    const of = pod()
    of.spec.volumes = ['c', 'd'].map((claimName) => ({ name: claimName, persistentVolumeClaim: { claimName } }))

    expect(outlook({ claim: claim({ storageClassName: 'none' }), volumes: [volume('a')] }, of)).toBe(UNAVAILABLE)
  })

  it('of an ephemeral volume must have been made for the pod', () => {
    const of = pod()
    of.spec.volumes = [{ name: 'v', ephemeral: { volumeClaimTemplate: { spec: {} } } }]

    expect(outlook({}, of)).toBe('waiting for ephemeral volume controller to create the persistentvolumeclaim "p-v"')
    expect(outlook({ claim: claim() }, of)).toMatch(/was not created for pod ns\/p/)
  })

  it('are of no concern where there are none', () => {
    const of = pod()
    of.spec.volumes = [{ name: 'v', emptyDir: {} }]

    expect(outlook({}, of)).toBe('fits')
  })
})
