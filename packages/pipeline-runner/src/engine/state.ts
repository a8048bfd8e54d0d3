import type { PlanJob, PlanStage } from '@slipway/pipeline-yaml'
import type { PipelineRunSpec } from '../run/model.ts'
import type { RunnerOptions } from '../run/options.ts'
import type { Layout } from './layout.ts'
import type { Masker } from './masker.ts'
import type { StepResult } from './result.ts'
import type { RunLog } from './run-log.ts'
import type { RunRecord } from './run-record.ts'
import type { Variables } from './variables.ts'

/** What is to be run. */
export interface RunInput {
  name: string
  uid: string
  attempt: number
  spec: PipelineRunSpec
  /** The pipeline file at the run's commit. */
  text: string
  commitMessage: string
}

/** Two ways to end: a cancel runs the `always()` steps and reports; a stop of the server leaves everything for the next start. */
export interface RunSignals {
  cancel: AbortSignal
  /** Aborts with a ServerStopped. */
  stop: AbortSignal
}

export interface RunState {
  input: RunInput
  options: RunnerOptions
  signals: RunSignals
  runDir: string
  layout: Layout
  masker: Masker
  log: RunLog
  record: RunRecord
  variables: Variables
}

export interface JobState {
  run: RunState
  stage: PlanStage
  job: PlanJob
  variables: Variables
  /** The merge of the results so far. */
  status: StepResult
  canceled: boolean
  /** Aborted by a cancel of the run and by the job's timeout. */
  ending: AbortSignal
  /** Runs from the cancel on. */
  grace: AbortSignal | undefined
  /** Latest first. */
  paths: string[]
  /** `step.variable` to value. */
  outputs: Record<string, string>
}
