import {
  BOUND_BY_CONTROLLER,
  type PersistentVolume,
  type PersistentVolumeClaim,
  PROVISIONED_BY,
} from '../../model/storage.ts'

export type VolumePlan =
  | { kind: 'phase'; phase: 'Available' | 'Bound' }
  /** Its claim is gone, or has another one: what its policy says is to be done. */
  | { kind: 'release' }
  /** Back to those that are free, or to being reserved for a claim by name. */
  | { kind: 'unbind' }
  /** The claim is bound next, which the claim's own plan does. */
  | { kind: 'wait' }

/** What to do for a volume. `claim` is the one of the name that it refers to, if there is one. */
export function planVolume(volume: PersistentVolume, claim: PersistentVolumeClaim | undefined): VolumePlan {
  const { claimRef, persistentVolumeReclaimPolicy } = volume.spec
  if (!claimRef?.uid) return { kind: 'phase', phase: 'Available' }
  if (!claim || claim.metadata.uid !== claimRef.uid) return { kind: 'release' }
  const { volumeName } = claim.spec
  if (!volumeName) return { kind: 'wait' }
  if (volumeName === volume.metadata.name) return { kind: 'phase', phase: 'Bound' }
  const isSpare = volume.metadata.annotations?.[PROVISIONED_BY] && persistentVolumeReclaimPolicy === 'Delete'
  return isSpare ? { kind: 'release' } : { kind: 'unbind' }
}

/** The reference to a claim after the claim has been bound elsewhere; null = none. */
export function referenceAfterUnbinding({ metadata, spec }: PersistentVolume): { uid: null } | null {
  if (metadata.annotations?.[BOUND_BY_CONTROLLER] || !spec.claimRef) return null
  return { uid: null }
}
