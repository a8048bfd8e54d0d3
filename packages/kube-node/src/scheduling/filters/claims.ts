import { findVolume, isOn } from '../controllers/persistent-volume/match.ts'
import { controllerOf } from '../labels.ts'
import type { NodeObject } from '../model/node.ts'
import type { Pod } from '../model/pod.ts'
import {
  BIND_COMPLETED,
  claimNameOf,
  classNameOf,
  type PersistentVolume,
  type PersistentVolumeClaim,
  SELECTED_NODE,
  type StorageClass,
} from '../model/storage.ts'

/** What the cluster knows of storage. */
export interface StorageView {
  claim(namespace: string, name: string): PersistentVolumeClaim | undefined
  volumes(): PersistentVolume[]
  storageClass(name: string): StorageClass | undefined
}

/**
 * What a pod's claims mean for its placement: `blocked` wherever it goes, `misfit` with this node, or `waiting` for volumes that are
 * bound for this node as soon as they are told of it.
 */
export type ClaimOutlook =
  | { kind: 'fits' }
  | { kind: 'blocked'; reason: string }
  | { kind: 'misfit'; reason: string; isOthers: boolean }
  | { kind: 'waiting'; claims: PersistentVolumeClaim[] }

/** In the words of kube-scheduler's VolumeBinding and VolumeRestrictions. */
export function claimOutlook(pod: Pod, node: NodeObject, others: Pod[], storage: StorageView): ClaimOutlook {
  const waiting: PersistentVolumeClaim[] = []
  for (const volume of pod.spec.volumes ?? []) {
    const name = claimNameOf(pod, volume)
    if (!name) continue
    const { namespace = 'default' } = pod.metadata
    const claim = storage.claim(namespace, name)
    const problem = claim ? unusable(claim, volume.ephemeral && pod) : missing(name, volume.ephemeral !== undefined)
    if (problem || !claim) return { kind: 'blocked', reason: problem ?? '' }
    if (isTaken(claim, others)) return { kind: 'misfit', reason: EXCLUSIVE, isOthers: true }
    if (claim.metadata.annotations?.[BIND_COMPLETED]) {
      const reason = boundElsewhere(claim, node, storage)
      if (reason) return { kind: 'misfit', reason, isOthers: false }
      continue
    }
    const storageClass = storage.storageClass(classNameOf(claim) ?? '')
    if (storageClass?.volumeBindingMode !== 'WaitForFirstConsumer') return { kind: 'blocked', reason: UNBOUND }
    const canBeMade = storageClass.provisioner !== 'kubernetes.io/no-provisioner'
    if (!canBeMade && !findVolume(claim, storage.volumes(), { node, waits: true })) {
      return { kind: 'misfit', reason: "node(s) didn't find available persistent volumes to bind", isOthers: false }
    }
    waiting.push(claim)
  }
  return waiting.length > 0 ? { kind: 'waiting', claims: waiting } : { kind: 'fits' }
}

/** Whether the controller of volumes has been told already which node a claim's volume is for. */
export const isToldOf = ({ metadata }: PersistentVolumeClaim, nodeName: string): boolean =>
  metadata.annotations?.[SELECTED_NODE] === nodeName

const UNBOUND = 'pod has unbound immediate PersistentVolumeClaims'
const EXCLUSIVE = 'node has pod using PersistentVolumeClaim with the same name and ReadWriteOncePod access mode'

function missing(name: string, isEphemeral: boolean): string {
  return isEphemeral
    ? `waiting for ephemeral volume controller to create the persistentvolumeclaim "${name}"`
    : `persistentvolumeclaim "${name}" not found`
}

function unusable(claim: PersistentVolumeClaim, owner: Pod | undefined): string | undefined {
  const { name, namespace, deletionTimestamp } = claim.metadata
  if (claim.status?.phase === 'Lost') {
    return `persistentvolumeclaim "${name}" bound to non-existent persistentvolume "${claim.spec.volumeName ?? ''}"`
  }
  if (deletionTimestamp) return `persistentvolumeclaim "${name}" is being deleted`
  if (!owner || controllerOf(claim)?.uid === owner.metadata.uid) return undefined
  return `PVC ${namespace}/${name} was not created for pod ${namespace}/${owner.metadata.name} (pod is not owner)`
}

function isTaken({ metadata, spec }: PersistentVolumeClaim, others: Pod[]): boolean {
  if (!spec.accessModes?.includes('ReadWriteOncePod')) return false
  return others.some(
    (other) =>
      other.metadata.namespace === metadata.namespace &&
      other.spec.volumes?.some((volume) => claimNameOf(other, volume) === metadata.name),
  )
}

function boundElsewhere({ spec }: PersistentVolumeClaim, node: NodeObject, storage: StorageView): string | undefined {
  const volume = storage.volumes().find(({ metadata }) => metadata.name === spec.volumeName)
  if (!volume) return 'node(s) unavailable due to one or more pvc(s) bound to non-existent pv(s)'
  return isOn(volume, node) ? undefined : "node(s) didn't match PersistentVolume's node affinity"
}
