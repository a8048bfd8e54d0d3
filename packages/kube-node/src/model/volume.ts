import type { ObjectMeta } from '@slipway/kube-objects'
import type { ResourceFieldRef } from './pod.ts'
import type { PersistentVolumeClaim } from './storage.ts'

/** A volume of a pod: one of its fields says of which kind. */
export interface Volume {
  name: string
  emptyDir?: { medium?: string; sizeLimit?: string }
  hostPath?: { path: string; type?: string }
  configMap?: { name: string; items?: KeyToPath[]; optional?: boolean; defaultMode?: number }
  secret?: { secretName: string; items?: KeyToPath[]; optional?: boolean; defaultMode?: number }
  downwardAPI?: { items?: DownwardItem[]; defaultMode?: number }
  projected?: { sources?: ProjectedSource[]; defaultMode?: number }
  persistentVolumeClaim?: { claimName: string; readOnly?: boolean }
  ephemeral?: { volumeClaimTemplate: { metadata?: ObjectMeta; spec: PersistentVolumeClaim['spec'] } }
}

export interface KeyToPath {
  key: string
  path: string
  mode?: number
}

export interface DownwardItem {
  path: string
  mode?: number
  fieldRef?: { fieldPath: string }
  resourceFieldRef?: ResourceFieldRef
}

export interface ProjectedSource {
  configMap?: { name: string; items?: KeyToPath[]; optional?: boolean }
  secret?: { name: string; items?: KeyToPath[]; optional?: boolean }
  downwardAPI?: { items?: DownwardItem[] }
  serviceAccountToken?: { path: string; audience?: string; expirationSeconds?: number }
}
