import { type KubeObject, schemaFor } from '@slipway/kube-objects'
import { expect, it } from 'vitest'
import { changeRules } from './changes.ts'
import { builtinTypes } from './type-rules.ts'

const type = (kind: string) => ({ apiVersion: kind === 'PersistentVolume' ? 'v1' : 'storage.k8s.io/v1', kind })
const volume = (more: object) => ({
  spec: { accessModes: ['ReadWriteOnce'], capacity: { storage: '1Gi' }, hostPath: { path: '/x' }, ...more },
})

it.each([
  [
    'PersistentVolume',
    volume({ hostPath: { path: '//' }, persistentVolumeReclaimPolicy: 'Recycle' }),
    ["spec.persistentVolumeReclaimPolicy: Forbidden: may not be 'recycle' for a hostPath mount of '/'"],
  ],
  [
    'PersistentVolume',
    volume({ volumeAttributesClassName: 'fast' }),
    ['spec.csi: Required value: has to be specified when using volumeAttributesClassName'],
  ],
  [
    'PersistentVolume',
    volume({ hostPath: undefined, azureFile: { shareName: 's' } }),
    ['spec.azureFile.secretName: Required value'],
  ],
  [
    'VolumeAttributesClass',
    { driverName: 'x.example' },
    ['parameters: Required value: must contain at least one key/value pair'],
  ],
  [
    'PersistentVolume',
    volume({ flexVolume: { driver: 'x' }, csi: { driver: 'x', volumeHandle: 'h' } }),
    ['spec.csi: Forbidden: may not specify more than 1 volume type'],
  ],
  [
    'PersistentVolume',
    volume({
      hostPath: undefined,
      csi: { driver: 'x', volumeHandle: 'h', nodeStageSecretRef: { name: 'Odd Name' }, nodePublishSecretRef: {} },
    }),
    ['spec.csi.nodePublishSecretRef.name: Required value', 'spec.csi.nodePublishSecretRef.namespace: Required value'],
  ],
  [
    'CSINode',
    { spec: { drivers: [{ name: 'a', nodeID: '1', topologyKeys: ['zone', 'zone'] }] } },
    ['spec.drivers[0]: Duplicate value: "zone"'],
  ],
  [
    'CSIStorageCapacity',
    { storageClassName: 'fast', capacity: '-1' },
    ['capacity: Invalid value: "-1": must be greater than or equal to 0'],
  ],
  [
    'VolumeAttachment',
    {
      spec: { attacher: 'x', nodeName: 'n', source: { inlineVolumeSpec: { hostPath: { path: '/x' }, claimRef: {} } } },
    },
    [
      'spec.source.inlineVolumeSpec.claimRef: Forbidden: may not be specified in the context of inline volumes',
      'spec.source.inlineVolumeSpec.csi: Required value: has to be specified in the context of inline volumes',
      'spec.source.inlineVolumeSpec.accessModes: Required value',
    ],
  ],
])('a %s is judged as storage/validation judges it', (kind, content, faults) => {
  const schema = schemaFor(type(kind))
  const object = { ...type(kind), metadata: { name: 'x' }, ...content } as unknown as KubeObject

  const found = schema ? builtinTypes.check(object, schema) : []

  expect(found.map(({ field, message }) => `${field}: ${message}`)).toEqual(faults)
})

it.each([
  [
    'storage.k8s.io/csidrivers',
    { spec: { attachRequired: true } },
    { spec: { attachRequired: false } },
    ['spec.attachedRequired'],
  ],
  [
    'storage.k8s.io/csinodes',
    { spec: { drivers: [{ name: 'a', nodeID: '1', allocatable: { count: 1 } }] } },
    { spec: { drivers: [{ name: 'a', nodeID: '1', allocatable: { count: 2 } }] } },
    ['spec.drivers'],
  ],
  [
    'storage.k8s.io/csinodes',
    { spec: { drivers: [{ name: 'a', nodeID: '1' }] } },
    { spec: { drivers: [{ name: 'a', nodeID: '2' }] } },
    ['spec.drivers'],
  ],
  ['storage.k8s.io/volumeattributesclasses', { parameters: { a: '1' } }, { parameters: { a: '2' } }, ['parameters']],
  [
    'networking.k8s.io/servicecidrs',
    { spec: { cidrs: ['10.0.0.0/24'] } },
    { spec: { cidrs: ['10.0.0.0/24', 'fd00::/64'] } },
    [],
  ],
  [
    'networking.k8s.io/servicecidrs',
    { spec: { cidrs: ['10.0.0.0/24'] } },
    { spec: { cidrs: ['10.0.1.0/24'] } },
    ['spec.cidrs[0]'],
  ],
  ['resource.k8s.io/resourceclaims', { spec: { devices: {} } }, { spec: {} }, ['spec']],
])('%s keep what may not change', (key, current, next, fields) => {
  const found = changeRules.get(key)?.(next as unknown as KubeObject, current as unknown as KubeObject) ?? []

  expect(found.map(({ field }) => field)).toEqual(fields)
})
