import { timerDelay } from '@slipway/controller-runtime'
import { describeError } from '@slipway/errors'
import {
  ExpressionError,
  JOB_CONDITION,
  type PlanJob,
  type PlanStage,
  parseExpression,
  toText,
  type Value,
  type VariableDefinition,
} from '@slipway/pipeline-yaml'
import { evaluateAt } from './conditions.ts'
import { executeStep, type QueuedStep } from './execute-step.ts'
import { jobVariables } from './predefined.ts'
import { mergeResults, type StepResult } from './result.ts'
import type { JobState, RunState } from './state.ts'
import { Variables } from './variables.ts'

const MINUTE = 60_000

export interface JobOutcome {
  result: StepResult
  outputs: Record<string, string>
}

/** Runs the steps of one job, one after the other. Throws only when the server stops. */
export async function executeJob(
  run: RunState,
  { stage, job, steps }: { stage: PlanStage; job: PlanJob; steps: QueuedStep[] },
  dependencies: Record<string, Value>,
): Promise<JobOutcome> {
  const timeout = job.timeoutInMinutes > 0 ? AbortSignal.timeout(timerDelay(job.timeoutInMinutes * MINUTE)) : undefined
  const state: JobState = {
    run,
    stage,
    job,
    variables: new Variables(run.masker, run.variables),
    status: 'Succeeded',
    canceled: false,
    ending: AbortSignal.any([run.signals.cancel, ...(timeout ? [timeout] : [])]),
    grace: undefined,
    paths: [],
    outputs: {},
  }
  for (const [name, value] of Object.entries(jobVariables(stage, job))) state.variables.setSystem(name, value)
  try {
    defineVariables(state.variables, [...stage.variables, ...job.variables], dependencies)
  } catch (error) {
    run.log.line(`##[error]${describeError(error)}`)
    run.record.problem('error', error)
    state.status = 'Failed'
  }
  for (const queued of steps) {
    noticeCancel(state)
    await executeStep(state, queued)
    noticeCancel(state)
    state.variables.setSystem('Agent.JobStatus', state.status)
  }
  if (timeout?.aborted && !run.signals.cancel.aborted) {
    run.record.issue({
      type: 'error',
      message: `The job ${job.name} ran longer than ${job.timeoutInMinutes} minutes and was ended.`,
    })
  }
  const result = state.status === 'Failed' && job.continueOnError ? 'SucceededWithIssues' : state.status
  return { result, outputs: state.outputs }
}

/** From a cancel on only steps that ask for it run, and not longer than the cancel timeout. */
function noticeCancel(state: JobState): void {
  if (!state.ending.aborted || state.canceled) return
  state.canceled = true
  state.status = mergeResults(state.status, 'Canceled')
  state.grace = AbortSignal.timeout(timerDelay(state.job.cancelTimeoutInMinutes * MINUTE))
}

const WHOLE_RUNTIME = /^\s*\$\[(.*)\]\s*$/s

/** Sets variables in their order; `$[ ]` values are evaluated now. Throws CONDITION_FAILED. */
export function defineVariables(
  variables: Variables,
  definitions: VariableDefinition[],
  dependencies: Record<string, Value>,
): void {
  for (const { name, value, readonly } of definitions) {
    const [, expression] = WHOLE_RUNTIME.exec(value.value) ?? []
    const text = expression === undefined ? value.value : evaluateRuntime(expression, variables, dependencies)
    variables.set(name, text, { readonly })
  }
}

function evaluateRuntime(source: string, variables: Variables, dependencies: Record<string, Value>): string {
  const contexts = { variables: variables.context(), ...dependencies }
  try {
    const expression = parseExpression(source, { contexts: JOB_CONDITION.contexts })
    return toText(evaluateAt(expression, { contexts }, source)) ?? ''
  } catch (error) {
    // The service takes an expression that it can't read as plain text.
    if (error instanceof ExpressionError) return `$[${source}]`
    throw error
  }
}
