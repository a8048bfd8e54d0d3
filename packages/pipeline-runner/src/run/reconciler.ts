import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import {
  type Log,
  nextConditions,
  type ReconcileContext,
  type ReconcileResult,
  type Reconciler,
} from '@slipway/controller-runtime'
import { describeError, messageOf, SlipwayError, UserError } from '@slipway/errors'
import type { KubeClient } from '@slipway/kube-client'
import { executeRun } from '../engine/execute-run.ts'
import { Masker } from '../engine/masker.ts'
import { killOrphans } from '../engine/orphans.ts'
import { ServerStopped } from '../engine/process.ts'
import { RunLog } from '../engine/run-log.ts'
import { describeIssue, now, RunRecord } from '../engine/run-record.ts'
import type { LiveLogs } from './live-logs.ts'
import type { PipelineRun, RunPhase } from './model.ts'
import type { RunnerOptions } from './options.ts'
import type { Slots } from './slots.ts'
import type { SourceMirror } from './source-mirror.ts'
import { StatusWriter } from './status-writer.ts'

export interface PipelineRunDeps {
  client: KubeClient
  sources: Pick<SourceMirror, 'read'>
  slots: Slots
  live: LiveLogs
  /** Aborts when the run is to be canceled or its object is deleted. */
  cancellation: (run: PipelineRun) => AbortSignal
  log?: Log
}

const FINAL: readonly (RunPhase | undefined)[] = ['Succeeded', 'Failed', 'Canceled']

/** Whether a run has its result. */
export function isFinal(run: PipelineRun): boolean {
  return FINAL.includes(run.status?.phase)
}

/** Carries each PipelineRun to its result, once. A run that a killed server left `Running` starts anew. */
export function pipelineRunReconciler(deps: PipelineRunDeps, options: RunnerOptions): Reconciler<PipelineRun> {
  return {
    async reconcile(cached, context) {
      if (isFinal(cached)) return finished(cached)
      const cancel = deps.cancellation(cached)
      if (deps.slots.full && cached.status?.phase !== 'Running') await context.patchStatus({ phase: 'Queued' })
      const release = await deps.slots.take(AbortSignal.any([context.signal, cancel])).catch(() => undefined)
      if (!release && context.signal.aborted) throw new ServerStopped()
      try {
        // The cache may be behind what this very function wrote a moment ago.
        const run = await deps.client.get<PipelineRun>(reference(cached))
        if (!run || run.metadata.uid !== cached.metadata.uid || isFinal(run)) return finished(run ?? cached)
        return await new Attempt(run, context, deps, options).go(cancel)
      } finally {
        release?.()
      }
    },

    async finalize(run) {
      // What has its result has left no process.
      if (!isFinal(run)) await killOrphans(run.metadata.uid ?? run.metadata.name)
      await rm(join(options.runsDir, run.metadata.name), { recursive: true, force: true })
    },
  }
}

function finished(run: PipelineRun): ReconcileResult {
  return { kind: 'ready', reason: run.status?.phase ?? 'Gone', message: 'the run is over' }
}

function reference({ apiVersion, kind, metadata }: PipelineRun): Parameters<KubeClient['get']>[0] {
  return { apiVersion, kind, name: metadata.name, ...(metadata.namespace && { namespace: metadata.namespace }) }
}

/** One try to carry out a run. */
class Attempt {
  readonly #run: PipelineRun
  readonly #context: ReconcileContext<PipelineRun>
  readonly #deps: PipelineRunDeps
  readonly #options: RunnerOptions
  readonly #masker = new Masker()
  readonly #record: RunRecord
  readonly #status: StatusWriter

  constructor(run: PipelineRun, context: ReconcileContext<PipelineRun>, deps: PipelineRunDeps, options: RunnerOptions) {
    this.#run = run
    this.#context = context
    this.#deps = deps
    this.#options = options
    this.#record = new RunRecord(this.#masker, () => this.#status.changed())
    const { steps, issues, outputs } = this.#record
    this.#status = new StatusWriter(
      (status) => context.patchStatus(status),
      () => ({ steps, issues, outputs }),
    )
  }

  async go(cancel: AbortSignal): Promise<ReconcileResult> {
    const { metadata, status } = this.#run
    const attempt = (status?.attempt ?? 0) + 1
    if (attempt > 1) await killOrphans(metadata.uid ?? metadata.name)
    const startTime = now()
    const { steps, issues, outputs } = this.#record
    await this.#context.patchStatus({ phase: 'Running', attempt, startTime, finishTime: null, steps, issues, outputs })
    const phase = await this.#execute(attempt, cancel)
    const end = this.#end(phase)
    await this.#status.finish(end, this.#context.signal)
    const type = phase === 'Succeeded' ? 'Normal' : 'Warning'
    this.#context.event(type, `Run${phase}`, `attempt ${attempt} of build ${this.#run.spec.buildId}: ${phase}`)
    return { kind: 'ready', reason: phase, message: 'the run is over' }
  }

  async #execute(attempt: number, cancel: AbortSignal): Promise<RunPhase> {
    const { spec, metadata } = this.#run
    const log = await RunLog.open(join(this.#options.runsDir, metadata.name), this.#masker)
    this.#deps.live.add(metadata.name, log)
    const stop = new AbortController()
    const onStop = (): void => stop.abort(new ServerStopped())
    this.#context.signal.addEventListener('abort', onStop, { once: true })
    if (this.#context.signal.aborted) onStop()
    try {
      const { text, message } = await this.#deps.sources.read(spec.repository, spec.commit, spec.file)
      if (text === undefined) {
        throw new UserError('PIPELINE_FILE_MISSING', `${spec.repository} has no ${spec.file} at ${spec.commit}`)
      }
      const input = {
        name: metadata.name,
        uid: metadata.uid ?? metadata.name,
        attempt,
        spec,
        text,
        commitMessage: message,
      }
      const signals = { cancel, stop: stop.signal }
      return await executeRun(input, {
        options: this.#options,
        signals,
        masker: this.#masker,
        log,
        record: this.#record,
      })
    } catch (error) {
      return await this.#failed(error, log)
    } finally {
      this.#context.signal.removeEventListener('abort', onStop)
      await log.close().catch((error: unknown) => this.#incomplete(error))
    }
  }

  /** A run whose log has not all been written has its result all the same: another one would do everything twice. */
  #incomplete(error: unknown): void {
    this.#record.issue({ type: 'warning', message: `The log is not complete: ${messageOf(error)}` })
  }

  /** Faults of the run's author are its result; all else goes up and comes back as the next attempt. */
  async #failed(error: unknown, log: RunLog): Promise<RunPhase> {
    const isResult = error instanceof SlipwayError && error.class === 'user'
    if (!isResult) {
      await this.#status.cancel()
      throw error
    }
    log.line(`##[error]${describeError(error)}`)
    this.#record.problem('error', error)
    return 'Failed'
  }

  #end(phase: RunPhase): Record<string, unknown> {
    const fault = this.#record.issues.find(({ type }) => type === 'error')
    const message = fault ? describeIssue(fault) : `build ${this.#run.spec.buildId}: ${phase}`
    const finishTime = now()
    const outcome = { kind: 'ready', reason: phase, message } as const
    const ready = nextConditions(this.#run, outcome, finishTime.replace(/\.\d+Z$/, 'Z'))
    // Ready says how it ended, so that `kubectl wait --for=condition=Ready` tells success from failure.
    const conditions = ready.map((condition) =>
      condition.type === 'Ready' && phase !== 'Succeeded' ? { ...condition, status: 'False' as const } : condition,
    )
    return { phase, finishTime, conditions, observedGeneration: this.#run.metadata.generation }
  }
}
