/** Keeps what was used last, up to a total cost. */
export class Lru<V> {
  readonly #limit: number
  readonly #entries = new Map<string, { value: V; cost: number }>()
  #cost = 0

  constructor(limit: number) {
    this.#limit = limit
  }

  get(key: string): V | undefined {
    const entry = this.#entries.get(key)
    if (!entry) return undefined
    // A Map keeps the order of insertion: the last used is the last one.
    this.#entries.delete(key)
    this.#entries.set(key, entry)
    return entry.value
  }

  /** What alone costs more than an eighth of the limit is not kept: it would drive out too much else. */
  set(key: string, value: V, cost: number): void {
    if (cost > this.#limit / 8) return
    this.#cost += cost - (this.#entries.get(key)?.cost ?? 0)
    this.#entries.delete(key)
    this.#entries.set(key, { value, cost })
    for (const [oldest, entry] of this.#entries) {
      if (this.#cost <= this.#limit) break
      this.#entries.delete(oldest)
      this.#cost -= entry.cost
    }
  }
}
