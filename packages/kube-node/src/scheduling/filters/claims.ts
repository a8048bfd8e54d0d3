import { controllerOf } from '../../labels.ts'
import type { Pod } from '../../model/pod.ts'
import {
  BIND_COMPLETED,
  claimNameOf,
  classNameOf,
  type PersistentVolume,
  type PersistentVolumeClaim,
  type StorageClass,
} from '../../model/storage.ts'

/** What the cluster knows of storage. */
export interface StorageView {
  claim(namespace: string, name: string): PersistentVolumeClaim | undefined
  volume(name: string): PersistentVolume | undefined
  volumes(): PersistentVolume[]
  storageClass(name: string): StorageClass | undefined
}

/** A pod's claims: those that have their volumes, and those that get them once the pod has a Node. */
export interface Claims {
  bound: PersistentVolumeClaim[]
  waiting: PersistentVolumeClaim[]
}

/** The claims of a pod, or why it can go nowhere because of them, in the words of kube-scheduler's VolumeBinding and VolumeZone. */
export function claimsOf(pod: Pod, storage: StorageView): Claims | string {
  const found: Claims = { bound: [], waiting: [] }
  for (const volume of pod.spec.volumes ?? []) {
    const name = claimNameOf(pod, volume)
    if (!name) continue
    const claim = storage.claim(pod.metadata.namespace ?? 'default', name)
    if (!claim) return missing(name, volume.ephemeral !== undefined)
    const problem = unusable(claim, volume.ephemeral && pod)
    if (problem) return problem
    const { volumeName } = claim.spec
    if (volumeName && claim.metadata.annotations?.[BIND_COMPLETED]) {
      if (!volume.ephemeral && !storage.volume(volumeName)) return `persistentvolume "${volumeName}" not found`
      found.bound.push(claim)
    } else if (!volumeName && waitsForPod(claim, storage)) found.waiting.push(claim)
    else return 'pod has unbound immediate PersistentVolumeClaims'
  }
  return found
}

const waitsForPod = (claim: PersistentVolumeClaim, storage: StorageView): boolean =>
  storage.storageClass(classNameOf(claim) ?? '')?.volumeBindingMode === 'WaitForFirstConsumer'

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
