import { parseQuantity } from '@slipway/kube-objects'
import { selects } from '../../labels.ts'
import type { NodeObject } from '../../model/node.ts'
import { classNameOf, isFor, type PersistentVolume, type PersistentVolumeClaim } from '../../model/storage.ts'
import { meetsTerm } from '../../scheduling/filters/node-affinity.ts'

/**
 * The volume that suits a claim best: one that is meant for it, or else of those that are free the one with the fewest access
 * modes, then the smallest. While the claim's pod has no node only the first may be taken, if binding has to wait for it.
 */
export function findVolume(
  claim: PersistentVolumeClaim,
  volumes: PersistentVolume[],
  { node, waits }: { node?: NodeObject; waits: boolean },
): PersistentVolume | undefined {
  const suitable = volumes.filter((volume) => !mismatch(volume, claim, { ignoreClass: true }) && isOn(volume, node))
  const own = suitable.find((volume) => isFor(volume, claim))
  if (own || (waits && !node)) return own
  const free = suitable.filter(
    (volume) =>
      !volume.spec.claimRef &&
      volume.status?.phase === 'Available' &&
      (classNameOf(volume) ?? '') === (classNameOf(claim) ?? '') &&
      (!claim.spec.selector || selects(claim.spec.selector, volume.metadata.labels)),
  )
  return free.sort(
    (a, b) => modesOf(a).length - modesOf(b).length || Number(capacityOf(a) - capacityOf(b)) || byName(a, b),
  )[0]
}

/** Why a volume is not what a claim asks for, in the words of kube-controller-manager; undefined when it is. */
export function mismatch(
  volume: PersistentVolume,
  claim: PersistentVolumeClaim,
  { ignoreClass = false } = {},
): string | undefined {
  const { metadata, spec } = volume
  if (metadata.deletionTimestamp) return `the volume is marked for deletion "${metadata.name}"`
  const { requests } = claim.spec.resources ?? {}
  if (capacityOf(volume) < parseQuantity(requests?.storage ?? '0')) return 'requested PV is too small'
  if (!ignoreClass && (classNameOf(volume) ?? '') !== (classNameOf(claim) ?? '')) {
    return 'storageClassName does not match'
  }
  if ((spec.volumeAttributesClassName ?? '') !== (claim.spec.volumeAttributesClassName ?? '')) {
    return 'volumeAttributesClassName does not match'
  }
  if ((spec.volumeMode ?? 'Filesystem') !== (claim.spec.volumeMode ?? 'Filesystem')) return 'incompatible volumeMode'
  const isOpen = (claim.spec.accessModes ?? []).every((mode) => modesOf(volume).includes(mode))
  return isOpen ? undefined : 'incompatible accessMode'
}

/** Whether a volume can be reached from a node. */
export function isOn({ spec }: PersistentVolume, node: NodeObject | undefined): boolean {
  const terms = spec.nodeAffinity?.required?.nodeSelectorTerms
  return !terms || !node || terms.some((term) => meetsTerm(term, node))
}

const modesOf = ({ spec }: PersistentVolume): string[] => spec.accessModes ?? []
const capacityOf = ({ spec }: PersistentVolume): bigint => parseQuantity(spec.capacity?.storage ?? '0')
const byName = (a: PersistentVolume, b: PersistentVolume): number => (a.metadata.name < b.metadata.name ? -1 : 1)
