import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { describeError } from '@slipway/errors'
import { expandPlan, type Plan, type PlanJob, type PlanStage, parsePipeline, type Value } from '@slipway/pipeline-yaml'
import type { RunPhase } from '../run/model.ts'
import type { RunnerOptions } from '../run/options.ts'
import { taskCatalog } from '../tasks/catalog.ts'
import { dependencyStatus, holds } from './conditions.ts'
import { defineVariables, executeJob, type JobOutcome } from './execute-job.ts'
import type { QueuedStep } from './execute-step.ts'
import { createLayout } from './layout.ts'
import type { Masker } from './masker.ts'
import { killOrphans } from './orphans.ts'
import { buildNumber, compileVariables, runVariables } from './predefined.ts'
import { mergeResults, type StepResult } from './result.ts'
import type { RunLog } from './run-log.ts'
import { describeIssue, type RunRecord } from './run-record.ts'
import type { RunInput, RunSignals, RunState } from './state.ts'
import { Variables } from './variables.ts'

export interface RunEnvironment {
  options: RunnerOptions
  signals: RunSignals
  masker: Masker
  log: RunLog
  record: RunRecord
}

/** Carries out one run from its pipeline file to its result. Throws a ServerStopped when the server stops; everything else is in the record. */
export async function executeRun(input: RunInput, environment: RunEnvironment): Promise<RunPhase> {
  const { log, record } = environment
  const plan = planRun(input, environment)
  if (!plan) {
    for (const issue of record.issues.filter(({ type }) => type === 'error'))
      log.line(`##[error]${describeIssue(issue)}`)
    return 'Failed'
  }
  const state = await prepare(input, environment, plan)
  try {
    log.line(`##[section]Starting: ${input.name}`)
    log.line(`Build ${state.variables.get('Build.BuildNumber')} of ${input.spec.repository} at ${input.spec.commit}`)
    const result = await executeStages(state, plan)
    log.line(`##[section]Finishing: ${input.name}`)
    return phaseOf(result)
  } finally {
    await killOrphans(input.uid)
    if (!environment.options.keepWork) await rm(state.layout.work, { recursive: true, force: true })
  }
}

function planRun(input: RunInput, { record, log }: RunEnvironment): Plan | undefined {
  const parsed = parsePipeline(input.text, { file: input.spec.file })
  const expanded = parsed.pipeline
    ? expandPlan(parsed.pipeline, {
        variables: compileVariables(input),
        parameters: input.spec.parameters ?? {},
        tasks: taskCatalog,
      })
    : parsed
  for (const warning of [...parsed.warnings, ...expanded.warnings]) {
    log.line(`##[warning]${describeError(warning)}`)
    record.problem('warning', warning)
  }
  for (const error of expanded.errors) record.problem('error', error)
  return 'plan' in expanded ? expanded.plan : undefined
}

async function prepare(input: RunInput, environment: RunEnvironment, plan: Plan): Promise<RunState> {
  const { options, masker } = environment
  const runDir = join(options.runsDir, input.name)
  await rm(join(runDir, '_work'), { recursive: true, force: true })
  const layout = await createLayout(runDir)
  const credentials = await options.credentials()
  const variables = new Variables(masker)
  const predefined = runVariables(input, layout, {
    cloneUrl: options.gitCloneUrl(input.spec.repository),
    collectionUri: options.collectionUri ?? 'http://127.0.0.1/',
  })
  for (const [name, value] of Object.entries(predefined)) variables.setSystem(name, value)
  variables.setSystem('System.AccessToken', credentials.password, { secret: true })
  masker.add(Buffer.from(`${credentials.username}:${credentials.password}`).toString('base64'))
  defineVariables(variables, plan.variables, {})
  const number = variables.expand(buildNumber(plan.name, input.spec, new Date()), {})
  variables.setSystem('Build.BuildNumber', number)
  return { ...environment, input, runDir, layout, variables }
}

/** Makes the whole timeline visible before the first step begins. */
function queueSteps({ record }: RunState, plan: Plan): Map<PlanJob, QueuedStep[]> {
  const jobs = plan.stages.flatMap((stage) => stage.jobs.map((job) => ({ stage, job })))
  const queue = new Map<PlanJob, QueuedStep[]>()
  let number = 0
  for (const { stage, job } of jobs) {
    const steps = job.steps.map((step): QueuedStep => {
      number++
      const entry = record.addStep({
        name: step.name ?? String(number),
        displayName: step.displayName,
        task: `${step.task.name}@${step.task.version}`,
        ...(jobs.length > 1 && { job: `${stage.name}.${job.name}` }),
        state: 'Pending',
      })
      return { step, number, record: entry }
    })
    queue.set(job, steps)
  }
  return queue
}

async function executeStages(state: RunState, plan: Plan): Promise<StepResult> {
  const queue = queueSteps(state, plan)
  const results = new Map<string, StepResult>()
  const outcomes = new Map<PlanStage, Map<PlanJob, JobOutcome>>()
  for (const stage of plan.stages) {
    const contexts = { dependencies: stageContext(plan, outcomes, results) }
    const jobs = new Map<PlanJob, JobOutcome>()
    outcomes.set(stage, jobs)
    const wanted = isWanted(state, stage, results, contexts)
    results.set(
      stage.name.toLowerCase(),
      wanted === true ? await executeJobs(state, { stage, queue, jobs, outcomes }) : wanted,
    )
    if (wanted !== true) for (const job of stage.jobs) skip(state, queue.get(job) ?? [])
  }
  return [...results.values()].reduce(mergeResults, 'Succeeded')
}

interface StageRun {
  stage: PlanStage
  queue: Map<PlanJob, QueuedStep[]>
  jobs: Map<PlanJob, JobOutcome>
  outcomes: Map<PlanStage, Map<PlanJob, JobOutcome>>
}

async function executeJobs(state: RunState, { stage, queue, jobs, outcomes }: StageRun): Promise<StepResult> {
  const results = new Map<string, StepResult>()
  for (const job of stage.jobs) {
    const contexts = { dependencies: jobContext(jobs), stagedependencies: stageDependencies(outcomes) }
    const steps = queue.get(job) ?? []
    const wanted = isWanted(state, job, results, contexts)
    const outcome =
      wanted === true ? await executeJob(state, { stage, job, steps }, contexts) : { result: wanted, outputs: {} }
    if (wanted !== true) skip(state, steps)
    jobs.set(job, outcome)
    results.set(job.name.toLowerCase(), outcome.result)
  }
  return [...results.values()].reduce(mergeResults, 'Skipped')
}

/** True, or the result of a job or stage that does not run. */
function isWanted(
  state: RunState,
  item: PlanJob | PlanStage,
  results: Map<string, StepResult>,
  contexts: Record<string, Value>,
): true | StepResult {
  const canceled = state.signals.cancel.aborted
  try {
    const functions = dependencyStatus(results, item.dependsOn, canceled)
    const run = holds(item.condition, { variables: state.variables.context(), ...contexts }, functions)
    return run || (canceled ? 'Canceled' : 'Skipped')
  } catch (error) {
    state.record.problem('error', error)
    return 'Failed'
  }
}

function skip({ record }: RunState, steps: QueuedStep[]): void {
  for (const { record: entry } of steps) record.updateStep(entry, { state: 'Completed', result: 'Skipped' })
}

function jobContext(jobs: Map<PlanJob, JobOutcome>): Value {
  return Object.fromEntries([...jobs].map(([job, { result, outputs }]) => [job.name, { result, outputs }]))
}

function stageDependencies(outcomes: Map<PlanStage, Map<PlanJob, JobOutcome>>): Value {
  return Object.fromEntries([...outcomes].map(([stage, jobs]) => [stage.name, jobContext(jobs)]))
}

function stageContext(
  plan: Plan,
  outcomes: Map<PlanStage, Map<PlanJob, JobOutcome>>,
  results: Map<string, StepResult>,
): Value {
  return Object.fromEntries(
    plan.stages.map((stage) => {
      const outputs = [...(outcomes.get(stage) ?? [])].flatMap(([job, outcome]) =>
        Object.entries(outcome.outputs).map(([name, value]) => [`${job.name}.${name}`, value]),
      )
      return [
        stage.name,
        { result: results.get(stage.name.toLowerCase()) ?? 'Skipped', outputs: Object.fromEntries(outputs) },
      ]
    }),
  )
}

function phaseOf(result: StepResult): RunPhase {
  if (result === 'Canceled') return 'Canceled'
  return result === 'Failed' ? 'Failed' : 'Succeeded'
}
