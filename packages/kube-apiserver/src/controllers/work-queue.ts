/** Runs one job a key at a time; a key that is added while it runs, or whose job failed, runs again. */
export class WorkQueue {
  readonly #job: (key: string) => Promise<void>
  readonly #onError: (error: unknown) => void
  readonly #waiting = new Set<string>()
  readonly #running = new Map<string, Promise<void>>()
  readonly #failures = new Map<string, number>()
  readonly #timers = new Set<NodeJS.Timeout>()
  #stopped = false

  constructor(job: (key: string) => Promise<void>, onError: (error: unknown) => void) {
    this.#job = job
    this.#onError = onError
  }

  add(key: string): void {
    if (this.#stopped) return
    this.#waiting.add(key)
    if (!this.#running.has(key)) this.#running.set(key, this.#run(key))
  }

  /** Takes no more jobs and waits for those that run. */
  async stop(): Promise<void> {
    this.#stopped = true
    for (const timer of this.#timers) clearTimeout(timer)
    await Promise.all(this.#running.values())
  }

  async #run(key: string): Promise<void> {
    // Not in the middle of a store's announcement of the event that added the key.
    await Promise.resolve()
    while (!this.#stopped && this.#waiting.delete(key)) {
      try {
        await this.#job(key)
        this.#failures.delete(key)
      } catch (error) {
        this.#retry(key, error)
      }
    }
    this.#running.delete(key)
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
