interface Holding {
  digest: string
  repositories: number
}

/** How many repositories hold each digest: what none holds can go from the store. */
export class HeldDigests {
  readonly #holdings = new Map<string, Holding>()

  count(digest: string): number {
    return this.#holdings.get(digest)?.repositories ?? 0
  }

  /** All that somebody holds. */
  all(): Iterable<string> {
    return this.#holdings.keys()
  }

  /** Counts one repository more; returns the digest as the one text that all share, so that it is in memory once. */
  add(digest: string): string {
    const holding = this.#holdings.get(digest) ?? { digest, repositories: 0 }
    holding.repositories += 1
    this.#holdings.set(holding.digest, holding)
    return holding.digest
  }

  /** The shared text of a digest that somebody holds; the text itself otherwise. */
  shared(digest: string): string {
    return this.#holdings.get(digest)?.digest ?? digest
  }

  remove(digest: string): void {
    const holding = this.#holdings.get(digest)
    if (!holding) return
    holding.repositories -= 1
    if (holding.repositories === 0) this.#holdings.delete(digest)
  }
}
