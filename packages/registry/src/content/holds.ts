/** Keeps bytes from being removed between their arrival in the store and the change that makes them somebody's. */
export class Holds {
  readonly #held = new Map<string, number>()
  readonly #removing = new Map<string, Promise<unknown>>()

  /** Runs work during which none of the digests is removed from the store; a removal that is at it is waited for. */
  async during<T>(digests: readonly string[], work: () => Promise<T>): Promise<T> {
    for (const digest of digests) {
      for (let removal = this.#removing.get(digest); removal; removal = this.#removing.get(digest)) await removal
      this.#held.set(digest, (this.#held.get(digest) ?? 0) + 1)
    }
    try {
      return await work()
    } finally {
      for (const digest of digests) this.#release(digest)
    }
  }

  /** Removes, unless somebody counts on it. `isNeeded` is asked in the same turn in which the removal begins. */
  async remove(digest: string, isNeeded: () => boolean, work: () => Promise<boolean>): Promise<boolean> {
    if (this.#held.has(digest) || this.#removing.has(digest) || isNeeded()) return false
    const removal = work()
    this.#removing.set(
      digest,
      removal.catch(() => {}),
    )
    try {
      return await removal
    } finally {
      this.#removing.delete(digest)
    }
  }

  #release(digest: string): void {
    const count = (this.#held.get(digest) ?? 1) - 1
    if (count === 0) this.#held.delete(digest)
    else this.#held.set(digest, count)
  }
}
