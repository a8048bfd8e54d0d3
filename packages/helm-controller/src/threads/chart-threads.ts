import { availableParallelism } from 'node:os'
import type { Worker } from 'node:worker_threads'
import { UserError } from '@slipway/errors'
import type { ChartPackage, OpenChart } from '../chart-source/chart-source.ts'
import type { AskedWorld, Rendering } from '../rendering/rendering.ts'
import { askedKinds, type ChartWork, type ChartWorkDone, type KnownWorld, type RenderingEnd } from './chart-work.ts'
import { errorFrom } from './error-form.ts'
import { ThreadPool } from './thread-pool.ts'

/** At least two, so that one chart that takes long does not hold up the others. */
const LEAST = 2
const MOST = 4
/** Milliseconds: a thread takes 20 MB of memory, and has rendered its first chart a tenth of a second after it was asked for. */
const IDLE = 10_000

/** Reads and renders charts on threads of their own: a chart that takes long, or all memory, holds up nobody else. */
export class ChartThreads {
  readonly #pool: ThreadPool<ChartWork, ChartWorkDone>

  /** `start` starts a thread that runs `serveThread` with a `chartWorker`. */
  constructor(start: () => Worker) {
    const count = Math.min(Math.max(availableParallelism(), LEAST), MOST)
    this.#pool = new ThreadPool({ start, count, idle: IDLE, fatal })
  }

  readonly read = async (chart: ChartPackage, signal: AbortSignal): Promise<OpenChart> => {
    await this.#pool.run({ kind: 'open', chart }, signal)
    return {
      rendering: this.#renderingOf(chart),
      readFile: async (path) => (await this.#pool.run({ kind: 'read', chart, path })) as string | undefined,
    }
  }

  close(): Promise<void> {
    return this.#pool.close()
  }

  #renderingOf(chart: ChartPackage): Rendering {
    return async (task, world, { isComplete, signal }) => {
      for (;;) {
        const work: ChartWork = { kind: 'render', chart, task, known: knownOf(world) }
        const { released, failed, asked } = (await this.#pool.run(work, signal)) as RenderingEnd
        const questions = askedKinds.flatMap((kind) => Array.from(asked[kind], (key) => ({ kind, key })))
        for (const { kind, key } of questions) world[kind].find(key)
        // What is known by now without a fetch is told at once.
        if (questions.length > 0 && isComplete()) continue
        if (released) return released
        throw errorFrom(failed as NonNullable<typeof failed>)
      }
    }
  }
}

function knownOf({ objects, documents, hosts }: AskedWorld): KnownWorld {
  return { objects: objects.known, documents: documents.known, hosts: hosts.known }
}

function fatal(cause: Error): Error {
  const isMemory = (cause as NodeJS.ErrnoException).code === 'ERR_WORKER_OUT_OF_MEMORY'
  if (!isMemory) return cause
  return new UserError('CHART_TOO_LARGE', 'the chart takes more memory than a rendering may have', { cause })
}
