/** Delays between tries of one key: doubled each time, from `first` to `last` milliseconds. */
export class Backoff {
  readonly #failures = new Map<string, number>()
  readonly #first: number
  readonly #last: number

  constructor(first = 200, last = 300_000) {
    this.#first = first
    this.#last = last
  }

  /** The delay before the next try, after one more failure. */
  next(key: string): number {
    const failures = this.#failures.get(key) ?? 0
    this.#failures.set(key, failures + 1)
    return Math.min(this.#first * 2 ** failures, this.#last)
  }

  reset(key: string): void {
    this.#failures.delete(key)
  }
}
