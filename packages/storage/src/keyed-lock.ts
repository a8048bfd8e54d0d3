/** Runs work on the same key one after the other, and work on different keys side by side. */
export class KeyedLock {
  readonly #last = new Map<string, Promise<unknown>>()

  /** Whether somebody works on it, or waits to. */
  isTaken(key: string): boolean {
    return this.#last.has(key)
  }

  async run<T>(key: string, work: () => Promise<T>): Promise<T> {
    const mine = (this.#last.get(key) ?? Promise.resolve()).then(work, work)
    this.#last.set(key, mine)
    try {
      return await mine
    } finally {
      if (this.#last.get(key) === mine) this.#last.delete(key)
    }
  }
}
