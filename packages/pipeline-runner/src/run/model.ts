import type { Condition, KubeObject } from '@slipway/kube-objects'
import type { StepResult } from '../engine/result.ts'

export const API_VERSION = 'slipway.dev/v1alpha1'

export type RunPhase = 'Queued' | 'Running' | 'Succeeded' | 'Failed' | 'Canceled'

export interface PipelineRunSpec {
  /** As in URLs, case kept. */
  repository: string
  /** Full name, such as `refs/heads/master`. */
  ref: string
  commit: string
  /** Path of the pipeline in the repository. */
  file: string
  reason: 'IndividualCI' | 'Manual'
  buildId: number
  requestedBy: string
  parameters?: Record<string, string>
  /** Set to end the run. */
  cancelRequested?: boolean
}

export interface StepRecord {
  /** The step's `name`, or its number. */
  name: string
  displayName: string
  task: string
  /** Stage and job, where the file has more than the implied ones. */
  job?: string
  state: 'Pending' | 'Running' | 'Completed'
  result?: StepResult
  startTime?: string
  finishTime?: string
  exitCode?: number
}

export interface RunIssue {
  type: 'error' | 'warning'
  message: string
  file?: string
  line?: number
  column?: number
}

export interface RunOutputs {
  /** `pushedAt` is RFC 3339 with milliseconds. */
  images: { name: string; digest: string; pushedAt: string }[]
  charts: { name: string; version: string; digest: string; pushedAt: string }[]
}

export interface PipelineRunStatus {
  phase: RunPhase
  attempt: number
  startTime?: string
  finishTime?: string
  steps?: StepRecord[]
  issues?: RunIssue[]
  outputs?: RunOutputs
  conditions?: Condition[]
  observedGeneration?: number
}

/** One run of a pipeline; named `<repository lower-case>-<build id>`. */
export interface PipelineRun extends KubeObject {
  spec: PipelineRunSpec
  status?: Partial<PipelineRunStatus>
}
