import { describeError, messageOf, SlipwayError, TransientError, UserError } from '@slipway/errors'
import type { BuildOrder, ImageBuilderOptions, Run, RunStatus } from '../port.ts'
import { build } from './build.ts'
import { RunLog } from './run-log.ts'
import type { RunStore } from './run-store.ts'
import type { Source } from './sources.ts'

/** Builds that go on at the same time; the others are queued. */
const CONCURRENCY = 2

interface Active {
  log: RunLog
  abort: AbortController
}

/** Carries runs out, first come, first served. */
export class Runner {
  readonly #options: ImageBuilderOptions
  readonly #store: RunStore
  readonly #now: () => string
  readonly #active = new Map<string, Active>()
  /** What waits, by run, as it came. */
  readonly #queue = new Map<string, () => Promise<void>>()
  readonly #running = new Set<Promise<void>>()
  #isStopped = false

  constructor(options: ImageBuilderOptions, store: RunStore, now: () => string) {
    this.#options = options
    this.#store = store
    this.#now = now
  }

  async schedule(order: BuildOrder, source: Source): Promise<Run> {
    const run = await this.#store.create(this.#now())
    const secrets = order.arguments.filter(({ isSecret }) => isSecret).map(({ value }) => value)
    const log = new RunLog(this.#store.logPath(run.runId), secrets)
    this.#active.set(run.runId, { log, abort: new AbortController() })
    this.#queue.set(run.runId, () => this.#carryOut(run, order, source))
    this.#next()
    return run
  }

  /** The log of a run that is not over. */
  log(id: string): RunLog | undefined {
    return this.#active.get(id)?.log
  }

  /** Resolves to false when the run is over. */
  cancel(id: string): boolean {
    this.#active.get(id)?.abort.abort(new UserError('RUN_CANCELED', 'the run was canceled'))
    // One that waits has its result now, and not when others are over.
    this.#begin(id)
    return this.#active.has(id)
  }

  /** Ends the runs that go on; what is queued does not begin any more. */
  async stop(): Promise<void> {
    this.#isStopped = true
    for (const { abort } of this.#active.values()) {
      abort.abort(new TransientError('RUN_INTERRUPTED', 'the program stopped during the run'))
    }
    await Promise.all(this.#running)
  }

  #next(): void {
    if (this.#isStopped || this.#running.size >= CONCURRENCY) return
    const [next] = this.#queue.keys()
    if (next !== undefined) this.#begin(next)
  }

  #begin(id: string): void {
    const work = this.#queue.get(id)
    if (!work) return
    this.#queue.delete(id)
    const running = work().finally(() => {
      this.#running.delete(running)
      this.#next()
    })
    this.#running.add(running)
  }

  async #carryOut(queued: Run, order: BuildOrder, source: Source): Promise<void> {
    const active = this.#active.get(queued.runId)
    if (!active) return
    const { log, abort } = active
    const tooLong = timeLimit(order.timeout)
    const signal = AbortSignal.any([abort.signal, tooLong.signal])
    const run: Run = { ...queued, status: 'Running', startTime: this.#now() }
    try {
      await this.#store.save(run)
      abort.signal.throwIfAborted()
      const engine = await this.#options.engine()
      if (!engine) {
        throw new UserError('ENGINE_MISSING', 'no container engine answers', { hint: 'install Podman or Docker' })
      }
      const deps = {
        engine,
        registry: this.#options.registry,
        log: (text: string) => log.write(text),
        signal,
      }
      const outputImages = await build(deps, order, source)
      await this.#store.save({ ...run, status: 'Succeeded', finishTime: this.#now(), outputImages })
    } catch (error) {
      const why: unknown = signal.aborted ? signal.reason : error
      log.write(`${describeError(why)}\n`)
      const runErrorMessage = messageOf(why)
      await this.#store
        .save({ ...run, status: statusAfter(why), finishTime: this.#now(), runErrorMessage })
        .catch(() => {})
    } finally {
      tooLong.stop()
      // The state is on the disk before the log ends: whoever followed it to its end reads the result next.
      await log.end().catch(() => {})
      this.#active.delete(queued.runId)
      await source.remove()
    }
  }
}

function statusAfter(error: unknown): RunStatus {
  if (!(error instanceof SlipwayError)) return 'Failed'
  return error.code === 'RUN_CANCELED' ? 'Canceled' : error.code === 'RUN_TIMED_OUT' ? 'Timeout' : 'Failed'
}

function timeLimit(seconds: number): { signal: AbortSignal; stop(): void } {
  const abort = new AbortController()
  const reason = new UserError('RUN_TIMED_OUT', `the run took longer than ${seconds} seconds`, {
    hint: 'give it more time with --timeout',
  })
  const timer = setTimeout(() => abort.abort(reason), seconds * 1000)
  return { signal: abort.signal, stop: () => clearTimeout(timer) }
}
