/** Milliseconds; longer than any client believes that what it saw is still there. */
const MEMORY = 24 * 60 * 60 * 1000

/** Which blobs and manifests of a repository were collected lately. */
export class Collected {
  readonly #clock: () => number
  /** When each was collected, the oldest first. */
  readonly #at = new Map<string, number>()

  constructor(clock: () => number) {
    this.#clock = clock
  }

  has(repository: string, digest: string): boolean {
    return this.#at.has(`${repository} ${digest}`)
  }

  add(repository: string, digest: string): void {
    const now = this.#clock()
    this.#at.set(`${repository} ${digest}`, now)
    for (const [key, at] of this.#at) {
      if (now - at < MEMORY) break
      this.#at.delete(key)
    }
  }
}
