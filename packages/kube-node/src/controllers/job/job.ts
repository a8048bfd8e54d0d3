import type { Condition, KubeObject } from '@slipway/kube-objects'
import type { LabelSelector, PodTemplate } from '../../model/pod.ts'

export interface Job extends KubeObject {
  spec: JobSpec
  status?: JobStatus
}

export interface JobSpec {
  parallelism?: number
  completions?: number
  completionMode?: 'NonIndexed' | 'Indexed'
  backoffLimit?: number
  backoffLimitPerIndex?: number
  maxFailedIndexes?: number
  activeDeadlineSeconds?: number
  ttlSecondsAfterFinished?: number
  suspend?: boolean
  managedBy?: string
  podReplacementPolicy?: 'TerminatingOrFailed' | 'Failed'
  podFailurePolicy?: { rules: FailureRule[] }
  successPolicy?: { rules: { succeededIndexes?: string; succeededCount?: number }[] }
  selector?: LabelSelector
  template: PodTemplate
}

export interface FailureRule {
  action: 'FailJob' | 'FailIndex' | 'Ignore' | 'Count'
  onExitCodes?: { containerName?: string; operator: 'In' | 'NotIn'; values: number[] }
  onPodConditions?: { type: string; status?: string }[]
}

export interface JobCondition extends Omit<Condition, 'observedGeneration'> {
  lastProbeTime: string
}

export interface JobStatus {
  startTime?: string | null
  completionTime?: string
  active?: number
  ready?: number
  terminating?: number
  succeeded?: number
  failed?: number
  completedIndexes?: string
  failedIndexes?: string
  uncountedTerminatedPods?: { succeeded?: string[]; failed?: string[] }
  conditions?: JobCondition[]
}

/** Keeps a pod until it is counted. */
export const TRACKING = 'batch.kubernetes.io/job-tracking'
const CONTROLLER = 'kubernetes.io/job-controller'

export const isIndexed = ({ spec }: Job): boolean => spec.completionMode === 'Indexed'

/** Whether somebody else takes care of it. */
export const isForeign = ({ spec }: Job): boolean => spec.managedBy !== undefined && spec.managedBy !== CONTROLLER

/** Its condition of a type, when that holds. */
export function conditionOf({ status }: Job, type: string): JobCondition | undefined {
  return status?.conditions?.find((condition) => condition.type === type && condition.status === 'True')
}

export const finishedCondition = (job: Job): JobCondition | undefined =>
  conditionOf(job, 'Complete') ?? conditionOf(job, 'Failed')
