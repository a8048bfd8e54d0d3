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

const MEMBER = /^(.*)-(\d+)$/

/** The number of a pod; -1 for a name that has none. */
export function ordinalOf({ metadata }: { metadata: { name: string } }): number {
  return Number(MEMBER.exec(metadata.name)?.[2] ?? -1)
}

/** Whether a pod could be a set's own by its name: of `db` are `db-0` and `db-1`, and not `db-copy-0`. */
export const isMemberOf =
  ({ metadata }: StatefulSet) =>
  (pod: Pod): boolean =>
    MEMBER.exec(pod.metadata.name)?.[1] === metadata.name

export const startOf = ({ spec }: StatefulSet): number => spec.ordinals?.start ?? 0

/** Whether a set has a pod of this number. */
export function isInRange(set: StatefulSet, ordinal: number): boolean {
  return ordinal >= startOf(set) && ordinal < startOf(set) + (set.spec.replicas ?? 1)
}
