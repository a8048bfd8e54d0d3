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
    'CSIDriver',
    { spec: { nodeAllocatableUpdatePeriodSeconds: 9 } },
    ['spec.nodeAllocatableUpdatePeriodSeconds: Invalid value: 9: must be greater than or equal to 10 seconds'],
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
    [],
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
