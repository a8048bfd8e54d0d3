import { TransientError } from '@slipway/errors'

/** What clients may use up. */
export interface GitHostLimits {
  /** git processes at once; further requests wait. @default 32 */
  processes?: number
  /** Requests that may wait for a process. @default 256 */
  waiting?: number
  /** Milliseconds without a byte from or to a client. @default 120000 */
  idleTimeout?: number
  /** Bytes of one push. @default 4 GiB */
  pushSize?: number
  /** Bytes of the request of one fetch, which lists commits. @default 32 MiB */
  fetchRequestSize?: number
  /** Bytes of the commands of one push. @default 1 MiB */
  commandsSize?: number
}

export const DEFAULT_LIMITS: Required<GitHostLimits> = {
  processes: 32,
  waiting: 256,
  idleTimeout: 120_000,
  pushSize: 4 * 1024 ** 3,
  fetchRequestSize: 32 * 1024 ** 2,
  commandsSize: 1024 ** 2,
}

/** Lets so many tasks run at once and so many wait; the rest get TransientError GIT_HOST_BUSY. */
export class Turnstile {
  readonly #places: number
  readonly #seats: number
  readonly #waiting: (() => void)[] = []
  #running = 0

  constructor(places: number, seats: number) {
    this.#places = places
    this.#seats = seats
  }

  async run<T>(task: () => Promise<T>): Promise<T> {
    if (this.#running >= this.#places) {
      if (this.#waiting.length >= this.#seats) {
        throw new TransientError('GIT_HOST_BUSY', 'too many git requests at once', { retryAfter: 5_000 })
      }
      await new Promise<void>((resolve) => this.#waiting.push(resolve))
    } else {
      this.#running++
    }
    try {
      return await task()
    } finally {
      const next = this.#waiting.shift()
      // The place goes straight to who waited longest.
      if (next) next()
      else this.#running--
    }
  }
}
