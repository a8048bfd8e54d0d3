/** Repositories of which it is remembered. Names cost nothing: somebody may push to any number, and complete no push. */
const REMEMBERED = 10_000

/** Which repositories somebody is pushing to, or has been a while ago: what lies there unused may be needed in a moment. */
export class PushActivity {
  readonly #clock: () => number
  readonly #running = new Map<string, number>()
  readonly #last = new Map<string, number>()

  constructor(clock: () => number) {
    this.#clock = clock
  }

  /** Runs a request that is part of a push. */
  async during<T>(repository: string, work: () => Promise<T>): Promise<T> {
    this.#running.set(repository, (this.#running.get(repository) ?? 0) + 1)
    try {
      return await work()
    } finally {
      const running = (this.#running.get(repository) ?? 1) - 1
      if (running === 0) this.#running.delete(repository)
      else this.#running.set(repository, running)
      this.#remember(repository)
    }
  }

  /** Whether nobody has pushed there since a time. */
  isQuietSince(repository: string, time: number): boolean {
    return !this.#running.has(repository) && (this.#last.get(repository) ?? 0) <= time
  }

  #remember(repository: string): void {
    this.#last.delete(repository)
    this.#last.set(repository, this.#clock())
    const [oldest] = this.#last.keys()
    if (this.#last.size > REMEMBERED && oldest !== undefined) this.#last.delete(oldest)
  }
}
