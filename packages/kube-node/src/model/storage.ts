import type { KubeObject } from '@slipway/kube-objects'
import type { LabelSelector, NodeSelectorTerm } from './pod.ts'
import type { Volume } from './volume.ts'

/** core/v1 PersistentVolume, of the kinds that a path on this machine can be. */
export interface PersistentVolume extends KubeObject {
  spec: {
    capacity?: Record<string, string>
    accessModes?: string[]
    persistentVolumeReclaimPolicy?: 'Retain' | 'Delete' | 'Recycle'
    storageClassName?: string
    volumeMode?: 'Filesystem' | 'Block'
    volumeAttributesClassName?: string
    claimRef?: { apiVersion?: string; kind?: string; namespace?: string; name?: string; uid?: string }
    nodeAffinity?: { required?: { nodeSelectorTerms: NodeSelectorTerm[] } }
    hostPath?: { path: string; type?: string }
    local?: { path: string }
  }
  status?: { phase?: 'Pending' | 'Available' | 'Bound' | 'Released' | 'Failed'; message?: string }
}

/** core/v1 PersistentVolumeClaim. */
export interface PersistentVolumeClaim extends KubeObject {
  spec: {
    accessModes?: string[]
    resources?: { requests?: Record<string, string> }
    selector?: LabelSelector
    storageClassName?: string
    volumeMode?: 'Filesystem' | 'Block'
    volumeName?: string
    volumeAttributesClassName?: string
  }
  status?: { phase?: 'Pending' | 'Bound' | 'Lost'; accessModes?: string[]; capacity?: Record<string, string> }
}

/** storage.k8s.io/v1 StorageClass. */
export interface StorageClass extends KubeObject {
  provisioner: string
  reclaimPolicy?: 'Retain' | 'Delete' | 'Recycle'
  volumeBindingMode?: 'Immediate' | 'WaitForFirstConsumer'
  /** Where volumes can be made. @default everywhere */
  allowedTopologies?: { matchLabelExpressions?: { key: string; values: string[] }[] }[]
}

/** On a claim: the controller has bound it, or the volume, and not its user. */
export const BOUND_BY_CONTROLLER = 'pv.kubernetes.io/bound-by-controller'
/** On a claim: it has been bound once. */
export const BIND_COMPLETED = 'pv.kubernetes.io/bind-completed'
/** On a volume: who made it. */
export const PROVISIONED_BY = 'pv.kubernetes.io/provisioned-by'
/** On a claim: the node on which the scheduler wants its volume. */
export const SELECTED_NODE = 'volume.kubernetes.io/selected-node'
/** On a claim: who is to make its volume. */
export const STORAGE_PROVISIONER = 'volume.kubernetes.io/storage-provisioner'
/** The same, as provisioners from before Kubernetes 1.23 look for it. */
export const BETA_STORAGE_PROVISIONER = 'volume.beta.kubernetes.io/storage-provisioner'

const BETA_CLASS = 'volume.beta.kubernetes.io/storage-class'

/** The class that a volume or a claim names; empty is a name too, of no class. Undefined when it names none. */
export function classNameOf({ metadata, spec }: PersistentVolume | PersistentVolumeClaim): string | undefined {
  return metadata.annotations?.[BETA_CLASS] ?? spec.storageClassName
}

/** Whether a volume is meant for a claim, bound already or reserved for it by name. */
export function isFor({ spec: { claimRef } }: PersistentVolume, { metadata }: PersistentVolumeClaim): boolean {
  if (!claimRef || claimRef.name !== metadata.name || claimRef.namespace !== metadata.namespace) return false
  return !claimRef.uid || claimRef.uid === metadata.uid
}

/** The name of the claim behind a volume of a pod; undefined when it is of another kind. */
export function claimNameOf(pod: KubeObject, { name, persistentVolumeClaim, ephemeral }: Volume): string | undefined {
  return persistentVolumeClaim?.claimName ?? (ephemeral && `${pod.metadata.name}-${name}`)
}
