import { setTimeout as sleep } from 'node:timers/promises'
import { timerDelay } from '@slipway/controller-runtime'
import { BugError, classOf, describeError } from '@slipway/errors'
import type { PlanStep } from '@slipway/pipeline-yaml'
import type { StepRecord } from '../run/model.ts'
import { taskOf } from '../tasks/catalog.ts'
import type { StepEffects } from './apply-command.ts'
import { holds, stepStatus } from './conditions.ts'
import { mergeResults, type StepResult } from './result.ts'
import { now } from './run-record.ts'
import type { JobState } from './state.ts'
import { taskContext } from './task-context.ts'

const MINUTE = 60_000

/** A step of a job with its place in the timeline. */
export interface QueuedStep {
  step: PlanStep
  record: StepRecord
  number: number
}

/** Runs one step, or skips it, and merges its result into the job's. Throws only when the server stops. */
export async function executeStep(state: JobState, queued: QueuedStep): Promise<void> {
  const { step, record, number } = queued
  const { run } = state
  run.record.updateStep(record, { displayName: state.variables.expand(step.displayName, run.options.env) })
  if (!step.enabled || !shouldRun(state, queued)) {
    run.record.updateStep(record, { state: 'Completed', result: record.result ?? 'Skipped' })
    state.status = mergeResults(state.status, record.result ?? 'Skipped')
    return
  }
  run.record.updateStep(record, { state: 'Running', startTime: now() })
  run.log.beginStep(number, record.displayName)
  run.log.line(`##[section]Starting: ${record.displayName}`)
  logHeader(state, step)
  const outcome = await tryStep(state, queued)
  const result = outcome === 'Failed' && step.continueOnError ? 'SucceededWithIssues' : outcome
  state.status = mergeResults(state.status, result)
  run.log.line(`##[section]Finishing: ${record.displayName}`)
  run.log.endStep()
  run.record.updateStep(record, { state: 'Completed', result, finishTime: now() })
}

function shouldRun(state: JobState, { step, record }: QueuedStep): boolean {
  try {
    return holds(step.condition, { variables: state.variables.context() }, stepStatus(state.status))
  } catch (error) {
    state.run.log.line(`##[error]${record.displayName}: ${describeError(error)}`)
    state.run.record.problem('error', error)
    record.result = 'Failed'
    return false
  }
}

function logHeader({ run }: JobState, { task }: PlanStep): void {
  const line = '='.repeat(78)
  run.log.line(line)
  run.log.line(`Task         : ${task.friendlyName}`)
  run.log.line(`Version      : ${task.name}@${task.version}`)
  run.log.line(line)
}

async function tryStep(state: JobState, queued: QueuedStep): Promise<StepResult> {
  for (let attempt = 0; ; attempt++) {
    const result = await attemptStep(state, queued)
    if (result !== 'Failed' || attempt >= queued.step.retryCountOnTaskFailure) return result
    // The agent's waits: 1, 4, 9, 16 … seconds.
    const seconds = (attempt + 1) ** 2
    state.run.log.line(
      `##[warning]RetryHelper encountered task failure, will retry (attempt #: ${attempt + 1}) after ${seconds * 1000} ms`,
    )
    const signal = AbortSignal.any([state.ending, state.run.signals.stop])
    const waited = await sleep(seconds * 1000, true, { signal }).catch(() => false)
    if (!waited) return result
  }
}

async function attemptStep(state: JobState, { step, record }: QueuedStep): Promise<StepResult> {
  const { run } = state
  const { stop } = run.signals
  const limit = step.timeoutInMinutes > 0 ? AbortSignal.timeout(timerDelay(step.timeoutInMinutes * MINUTE)) : undefined
  const ending = state.canceled ? state.grace : state.ending
  const signal = AbortSignal.any([stop, ...(ending ? [ending] : []), ...(limit ? [limit] : [])])
  const effects: StepEffects = { result: 'Succeeded', done: false, uploads: [] }
  const error = await runTask(state, { step, record }, { effects, signal })
  stop.throwIfAborted()
  if (ending?.aborted) {
    run.log.line('##[error]The operation was canceled.')
    return 'Canceled'
  }
  if (limit?.aborted)
    return failed(state, new Error(`The step ran longer than ${step.timeoutInMinutes} minutes and was ended.`))
  // `done` ends the step with the result that the script gave.
  if (error && !effects.done) return failed(state, error)
  if (effects.result === 'Failed' && effects.error !== undefined) return failed(state, new Error(effects.error))
  return effects.result === 'Skipped' ? 'Succeeded' : effects.result
}

async function runTask(
  state: JobState,
  { step, record }: Pick<QueuedStep, 'step' | 'record'>,
  { effects, signal }: { effects: StepEffects; signal: AbortSignal },
): Promise<Error | undefined> {
  try {
    const task = taskOf(step.task.name, step.task.version)
    if (!task)
      throw new BugError(
        'TASK_WITHOUT_CODE',
        `${step.task.name}@${step.task.version} is in the plan and not on the agent`,
      )
    await task.run(taskContext(state, step, record, { effects, signal }))
    await Promise.all(effects.uploads)
    return undefined
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error))
  }
}

function failed({ run }: JobState, error: Error): 'Failed' {
  run.log.line(`##[error]${describeError(error)}`)
  if (classOf(error) === 'bug' && error.stack) for (const line of error.stack.split('\n')) run.log.line(line)
  run.record.problem('error', error)
  return 'Failed'
}
