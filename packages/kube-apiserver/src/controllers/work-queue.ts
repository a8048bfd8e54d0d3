import { setTimeout as sleep } from 'node:timers/promises'

/** Resolves to how many objects it went through, where these may be many. */
type Job = (key: string) => Promise<number> | Promise<void>

/** So many objects are looked at in no time. */
const FEW = 100
/** Milliseconds for each: some ten times as long as the look at it takes. */
const REST = 0.1

/**
 * Runs one job a key at a time; a key that is added while it runs, or whose job failed, runs again. A job that resolves to how many objects
 * it went through rests when these were many, so that of the changes of all of them not each has all of them looked at.
 */
export class WorkQueue {
  readonly #job: Job
  readonly #onError: (error: unknown) => void
  readonly #waiting = new Set<string>()
  readonly #running = new Map<string, Promise<void>>()
  readonly #failures = new Map<string, number>()
  readonly #timers = new Set<NodeJS.Timeout>()
  readonly #stop = new AbortController()

  constructor(job: Job, onError: (error: unknown) => void) {
    this.#job = job
    this.#onError = onError
  }

  add(key: string): void {
    if (this.#stop.signal.aborted) return
    this.#waiting.add(key)
    if (!this.#running.has(key)) this.#running.set(key, this.#run(key))
  }

  /** Takes no more jobs and waits for those that run. */
  async stop(): Promise<void> {
    this.#stop.abort()
    for (const timer of this.#timers) clearTimeout(timer)
    await Promise.all(this.#running.values())
  }

  async #run(key: string): Promise<void> {
    // Not in the middle of a store's announcement of the event that added the key.
    await Promise.resolve()
    while (!this.#stop.signal.aborted && this.#waiting.delete(key)) {
      try {
        const lookedAt = (await this.#job(key)) ?? 0
        this.#failures.delete(key)
        if (lookedAt > FEW) await this.#rest(lookedAt * REST)
      } catch (error) {
        this.#retry(key, error)
      }
    }
    this.#running.delete(key)
  }

  async #rest(milliseconds: number): Promise<void> {
    await sleep(milliseconds, undefined, { signal: this.#stop.signal, ref: false }).catch(() => {})
  }

  #retry(key: string, error: unknown): void {
    const failures = (this.#failures.get(key) ?? 0) + 1
    this.#failures.set(key, failures)
    // Conflicts are everyday business; what keeps failing is reported.
    if (failures === 5) this.#onError(error)
    const timer = setTimeout(
      () => {
        this.#timers.delete(timer)
        this.add(key)
      },
      Math.min(10 * 2 ** failures, 30_000),
    )
    this.#timers.add(timer)
  }
}
