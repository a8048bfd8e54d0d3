/** So many values by key; the one that came first goes first. */
export class Kept<V> {
  readonly #values = new Map<string, V>()
  readonly #count: number

  constructor(count: number) {
    this.#count = count
  }

  get(key: string): V | undefined {
    return this.#values.get(key)
  }

  set(key: string, value: V): void {
    this.#values.set(key, value)
    const [oldest] = this.#values.keys()
    if (this.#values.size > this.#count && oldest !== undefined) this.#values.delete(oldest)
  }
}
