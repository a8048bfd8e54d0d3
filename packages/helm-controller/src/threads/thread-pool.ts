import type { Worker } from 'node:worker_threads'
import { errorFrom } from './error-form.ts'
import type { Answer } from './serve-thread.ts'

export interface ThreadPoolOptions {
  /** Starts a thread that runs `serveThread`. */
  readonly start: () => Worker
  /** Threads at most. */
  readonly count: number
  /** Milliseconds for which a thread without work is kept. */
  readonly idle: number
  /** What a piece of work fails with whose thread dies of it. */
  readonly fatal: (cause: Error) => Error
}

interface Job<Work, Done> {
  readonly work: Work
  readonly resolve: (done: Done) => void
  readonly reject: (error: unknown) => void
}

/** Threads that do one piece of work at a time each: started when there is work for them, ended when there is none. */
export class ThreadPool<Work, Done> {
  readonly #options: ThreadPoolOptions
  readonly #queue: Job<Work, Done>[] = []
  readonly #threads = new Set<Thread<Work, Done>>()
  /** The one that worked last at the end: its caches are warm, and the others may go. */
  readonly #idle: Thread<Work, Done>[] = []

  constructor(options: ThreadPoolOptions) {
    this.#options = options
  }

  /** Throws what the work throws there; when `signal` is aborted, its reason, and a thread that is at the work ends. */
  async run(work: Work, signal?: AbortSignal): Promise<Done> {
    signal?.throwIfAborted()
    let abort = (): void => {}
    const done = new Promise<Done>((resolve, reject) => {
      const job = { work, resolve, reject }
      abort = () => {
        reject(signal?.reason)
        this.#drop(job)
      }
      this.#queue.push(job)
    })
    signal?.addEventListener('abort', abort)
    this.#next()
    try {
      return await done
    } finally {
      signal?.removeEventListener('abort', abort)
    }
  }

  #drop(job: Job<Work, Done>): void {
    const at = this.#queue.indexOf(job)
    if (at >= 0) this.#queue.splice(at, 1)
    for (const thread of this.#threads) if (thread.job === job) void thread.end()
  }

  /** Threads that there are. */
  get size(): number {
    return this.#threads.size
  }

  /** Ends all threads, whatever they do; what waits for one fails. */
  async close(): Promise<void> {
    for (const { reject } of this.#queue.splice(0)) reject(new Error('the threads have ended'))
    await Promise.all(Array.from(this.#threads, (thread) => thread.end()))
  }

  #next(): void {
    const thread = this.#queue.length > 0 ? (this.#idle.pop() ?? this.#start()) : undefined
    const job = thread && this.#queue.shift()
    if (job) thread.do(job)
  }

  #start(): Thread<Work, Done> | undefined {
    const { start, count, idle, fatal } = this.#options
    if (this.#threads.size >= count) return undefined
    const thread = new Thread<Work, Done>(start(), {
      idle,
      fatal,
      onIdle: () => {
        this.#idle.push(thread)
        this.#next()
      },
      onEnd: () => {
        this.#threads.delete(thread)
        const at = this.#idle.indexOf(thread)
        if (at >= 0) this.#idle.splice(at, 1)
        this.#next()
      },
    })
    this.#threads.add(thread)
    return thread
  }
}

interface ThreadOptions extends Pick<ThreadPoolOptions, 'idle' | 'fatal'> {
  readonly onIdle: () => void
  readonly onEnd: () => void
}

class Thread<Work, Done> {
  readonly #worker: Worker
  readonly #options: ThreadOptions
  /** What it is at. */
  job: Job<Work, Done> | undefined
  #timer: NodeJS.Timeout | undefined
  #fault: Error | undefined

  constructor(worker: Worker, options: ThreadOptions) {
    this.#worker = worker
    this.#options = options
    worker.on('message', (answer: Answer<Done>) => this.#finish(answer))
    worker.on('error', (fault: Error) => {
      this.#fault = fault
    })
    worker.on('exit', (code) => this.#ended(this.#fault ?? new Error(`the thread ended with status ${code}`)))
  }

  do(job: Job<Work, Done>): void {
    clearTimeout(this.#timer)
    this.job = job
    this.#worker.ref()
    this.#worker.postMessage(job.work)
  }

  async end(): Promise<void> {
    clearTimeout(this.#timer)
    await this.#worker.terminate()
  }

  #finish(answer: Answer<Done>): void {
    const job = this.job
    this.job = undefined
    // A thread that waits holds up no program that wants to end.
    this.#worker.unref()
    this.#timer = setTimeout(() => void this.end(), this.#options.idle)
    this.#timer.unref()
    if ('done' in answer) job?.resolve(answer.done)
    else job?.reject(errorFrom(answer.error))
    this.#options.onIdle()
  }

  #ended(fault: Error): void {
    clearTimeout(this.#timer)
    this.job?.reject(this.#options.fatal(fault))
    this.job = undefined
    this.#options.onEnd()
  }
}
