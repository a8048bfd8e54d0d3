import type { NodeObject } from '../../model/node.ts'
import {
  BIND_COMPLETED,
  classNameOf,
  isFor,
  type PersistentVolume,
  type PersistentVolumeClaim,
  SELECTED_NODE,
  type StorageClass,
} from '../../model/storage.ts'
import { findVolume, mismatch } from './match.ts'

export interface Storage {
  volumes: PersistentVolume[]
  classes: StorageClass[]
  /** The Node of a name. */
  node(name: string): NodeObject | undefined
}

export type ClaimPlan =
  | { kind: 'bind'; volume: PersistentVolume }
  | { kind: 'provision'; storageClass: StorageClass }
  | { kind: 'assign-class'; storageClass: StorageClass }
  | { kind: 'wait'; event?: ['Normal' | 'Warning', reason: string, message: string] }
  | { kind: 'lose'; reason: string; message: string }

/** What to do for a claim, as kube-controller-manager's persistent volume controller does. */
export function planClaim(claim: PersistentVolumeClaim, storage: Storage): ClaimPlan {
  const isBound = claim.metadata.annotations?.[BIND_COMPLETED] !== undefined
  if (isBound) return planBound(claim, storage.volumes)
  if (claim.metadata.deletionTimestamp) return { kind: 'wait' }
  return claim.spec.volumeName ? planNamed(claim, storage.volumes) : planOpen(claim, storage)
}

/** A claim that has been bound stays with its volume, whatever becomes of it. */
function planBound(claim: PersistentVolumeClaim, volumes: PersistentVolume[]): ClaimPlan {
  const { volumeName } = claim.spec
  const reason = 'ClaimLost'
  if (!volumeName) {
    const message = 'Bound claim has lost reference to PersistentVolume. Data on the volume is lost!'
    return { kind: 'lose', reason, message }
  }
  const volume = volumes.find(({ metadata }) => metadata.name === volumeName)
  if (!volume) {
    return { kind: 'lose', reason, message: 'Bound claim has lost its PersistentVolume. Data on the volume is lost!' }
  }
  const { claimRef } = volume.spec
  if (!claimRef || claimRef.uid === claim.metadata.uid) return { kind: 'bind', volume }
  const message = 'Two claims are bound to the same volume, this one is bound incorrectly'
  return { kind: 'lose', reason: 'ClaimMisbound', message }
}

/** Its user wants a certain volume. */
function planNamed(claim: PersistentVolumeClaim, volumes: PersistentVolume[]): ClaimPlan {
  const { volumeName } = claim.spec
  const volume = volumes.find(({ metadata }) => metadata.name === volumeName)
  if (!volume) return { kind: 'wait' }
  if (isFor(volume, claim)) return { kind: 'bind', volume }
  if (volume.spec.claimRef) {
    const message = `volume "${volumeName}" already bound to a different claim.`
    return { kind: 'wait', event: ['Warning', 'FailedBinding', message] }
  }
  const problem = mismatch(volume, claim)
  if (!problem) return { kind: 'bind', volume }
  const message = `Cannot bind to requested volume "${volumeName}": ${problem}`
  return { kind: 'wait', event: ['Warning', 'VolumeMismatch', message] }
}

function planOpen(claim: PersistentVolumeClaim, { volumes, classes, node }: Storage): ClaimPlan {
  const className = classNameOf(claim)
  const storageClass = classes.find(({ metadata }) => metadata.name === className)
  const waits = storageClass?.volumeBindingMode === 'WaitForFirstConsumer'
  const selected = claim.metadata.annotations?.[SELECTED_NODE]
  const chosen = waits && selected ? node(selected) : undefined
  const volume = findVolume(claim, volumes, { ...(chosen && { node: chosen }), waits })
  if (volume) return { kind: 'bind', volume }
  if (className === undefined) {
    const standard = defaultClass(classes)
    if (standard) return { kind: 'assign-class', storageClass: standard }
  }
  if (waits && !selected) {
    const message = 'waiting for first consumer to be created before binding'
    return { kind: 'wait', event: ['Normal', 'WaitForFirstConsumer', message] }
  }
  if (storageClass) return { kind: 'provision', storageClass }
  const message = className
    ? `storageclass.storage.k8s.io "${className}" not found`
    : 'no persistent volumes available for this claim and no storage class is set'
  return {
    kind: 'wait',
    event: className ? ['Warning', 'ProvisioningFailed', message] : ['Normal', 'FailedBinding', message],
  }
}

/** Of several the newest, as Kubernetes has it since 1.26. */
function defaultClass(classes: StorageClass[]): StorageClass | undefined {
  const newestFirst = (a: StorageClass, b: StorageClass): number =>
    (b.metadata.creationTimestamp ?? '').localeCompare(a.metadata.creationTimestamp ?? '') ||
    a.metadata.name.localeCompare(b.metadata.name)
  return classes.filter(({ metadata }) => metadata.annotations?.[DEFAULT_CLASS] === 'true').sort(newestFirst)[0]
}

export const DEFAULT_CLASS = 'storageclass.kubernetes.io/is-default-class'
