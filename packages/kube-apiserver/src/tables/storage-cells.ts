import type { KubeObject } from '@slipway/kube-objects'
import type { Spec } from '../defaults/spec.ts'
import type { Cell, CellMaker } from './cells.ts'

type View = Readonly<KubeObject>

/** Modes in kubectl's short form. */
const ACCESS_MODES: Record<string, string> = {
  ReadWriteOnce: 'RWO',
  ReadOnlyMany: 'ROX',
  ReadWriteMany: 'RWX',
  ReadWriteOncePod: 'RWOP',
}

const accessModes = (modes: string[] | undefined) => (modes ?? []).map((mode) => ACCESS_MODES[mode] ?? mode).join(',')

function claim({ spec = {}, status = {}, metadata }: View): Record<string, Cell> {
  return {
    Status: metadata.deletionTimestamp ? 'Terminating' : (status.phase ?? ''),
    Volume: spec.volumeName ?? '',
    Capacity: spec.volumeName ? (status.capacity?.storage ?? '') : '',
    'Access Modes': spec.volumeName ? accessModes(status.accessModes) : '',
    StorageClass: spec.storageClassName ?? '',
    VolumeAttributesClass: spec.volumeAttributesClassName ?? '<unset>',
    VolumeMode: spec.volumeMode ?? '<unset>',
  }
}

function volume({ spec = {}, status = {}, metadata }: View): Record<string, Cell> {
  const { namespace, name } = spec.claimRef ?? {}
  return {
    Capacity: spec.capacity?.storage ?? '',
    'Access Modes': accessModes(spec.accessModes),
    'Reclaim Policy': spec.persistentVolumeReclaimPolicy ?? '',
    Status: metadata.deletionTimestamp ? 'Terminating' : (status.phase ?? ''),
    Claim: name ? `${namespace}/${name}` : '',
    StorageClass: spec.storageClassName ?? '',
    VolumeAttributesClass: spec.volumeAttributesClassName ?? '<unset>',
    Reason: status.reason ?? '',
    VolumeMode: spec.volumeMode ?? '<unset>',
  }
}

function storageClass({
  metadata,
  provisioner,
  reclaimPolicy,
  volumeBindingMode,
  allowVolumeExpansion,
}: View): Record<string, Cell> {
  const isDefault = metadata.annotations?.['storageclass.kubernetes.io/is-default-class'] === 'true'
  return {
    Name: isDefault ? `${metadata.name} (default)` : metadata.name,
    Provisioner: provisioner ?? '',
    ReclaimPolicy: reclaimPolicy ?? 'Delete',
    VolumeBindingMode: volumeBindingMode ?? 'Immediate',
    AllowVolumeExpansion: allowVolumeExpansion ?? false,
  }
}

function driver({ spec = {} }: View): Record<string, Cell> {
  return {
    AttachRequired: spec.attachRequired ?? true,
    PodInfoOnMount: spec.podInfoOnMount ?? false,
    StorageCapacity: spec.storageCapacity ?? false,
    TokenRequests: spec.tokenRequests ? spec.tokenRequests.map(({ audience }: Spec) => audience).join(',') : '<unset>',
    RequiresRepublish: spec.requiresRepublish ?? false,
    Modes: (spec.volumeLifecycleModes ?? []).join(',') || '<none>',
  }
}

/** Volumes, and what they are made by. */
export const storageCells: Record<string, CellMaker> = {
  '/persistentvolumeclaims': claim,
  '/persistentvolumes': volume,
  'storage.k8s.io/storageclasses': storageClass,
  'storage.k8s.io/csidrivers': driver,
  'storage.k8s.io/csinodes': ({ spec = {} }) => ({ Drivers: spec.drivers?.length ?? 0 }),
  'storage.k8s.io/volumeattachments': ({ spec = {}, status = {} }) => ({
    Attacher: spec.attacher ?? '',
    PV: spec.source?.persistentVolumeName ?? '',
    Node: spec.nodeName ?? '',
    Attached: status.attached ?? false,
  }),
  'storage.k8s.io/volumeattributesclasses': ({ driverName }) => ({ DriverName: driverName ?? '' }),
}
