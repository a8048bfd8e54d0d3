import type { KubeObject } from '@slipway/kube-objects'
import type { LabelSelector, Pod, PodTemplate } from '../../model/pod.ts'

export interface StatefulSet extends KubeObject {
  spec: {
    replicas?: number
    serviceName?: string
    selector: LabelSelector
    template: PodTemplate
    volumeClaimTemplates?: KubeObject[]
    persistentVolumeClaimRetentionPolicy?: { whenDeleted?: Retention; whenScaled?: Retention }
    podManagementPolicy?: 'OrderedReady' | 'Parallel'
    updateStrategy?: { type?: 'RollingUpdate' | 'OnDelete'; rollingUpdate?: { partition?: number } }
    minReadySeconds?: number
    revisionHistoryLimit?: number
    ordinals?: { start?: number }
  }
  status?: {
    currentRevision?: string
    updateRevision?: string
    currentReplicas?: number
    collisionCount?: number
  }
}

type Retention = 'Retain' | 'Delete'

/** The label of a pod that says of which template it was made. */
export const REVISION_LABEL = 'controller-revision-hash'

export const revisionOf = ({ metadata }: Pod): string | undefined => metadata.labels?.[REVISION_LABEL]

/** The number of a pod; -1 for a name that has none. */
export function ordinalOf({ metadata }: { metadata: { name: string } }): number {
  const match = /-(\d+)$/.exec(metadata.name)
  return match ? Number(match[1]) : -1
}

export const startOf = ({ spec }: StatefulSet): number => spec.ordinals?.start ?? 0
