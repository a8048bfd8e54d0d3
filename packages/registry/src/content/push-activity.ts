/** Repositories of which it is remembered. Names cost nothing: somebody may push to any number, and complete no push. */
const REMEMBERED = 10_000
/** How many times as long a push may count on what it saw where others push, too: they can't be told apart. A day in place of two hours. */
const AMONG_OTHERS = 12

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

  /** Whether nobody has pushed there for so many milliseconds. */
  isQuiet(repository: string, grace: number): boolean {
    return !this.#running.has(repository) && (this.#last.get(repository) ?? 0) <= this.#clock() - grace
  }

  /**
   * For how many milliseconds what lies unused in a repository stays: as long as a push that is over may have counted on it, and
   * longer while somebody is pushing there. Not for ever: some repositories are pushed to every hour of the year.
   */
  patience(repository: string, grace: number): number {
    return this.isQuiet(repository, grace) ? grace : AMONG_OTHERS * grace
  }

  #remember(repository: string): void {
    this.#last.delete(repository)
    this.#last.set(repository, this.#clock())
    const [oldest] = this.#last.keys()
    if (this.#last.size > REMEMBERED && oldest !== undefined) this.#last.delete(oldest)
  }
}
