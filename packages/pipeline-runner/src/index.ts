export { crds } from './crds.ts'
export { PipelineRunner, type PipelineRunnerDeps, type PipelineRunnerOptions } from './pipeline-runner.ts'
export type {
  PipelineRun,
  PipelineRunSpec,
  PipelineRunStatus,
  RunIssue,
  RunOutputs,
  RunPhase,
  StepRecord,
} from './run/model.ts'
export type { GitCredentials, RunnerOptions, ServiceConnection } from './run/options.ts'
export { taskCatalog } from './tasks/catalog.ts'
export { takeBuildId } from './trigger/build-counter.ts'
