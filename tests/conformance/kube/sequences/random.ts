/** Numbers that look random and are the same for the same seed (mulberry32). */
export class Random {
  #state: number

  constructor(seed: number) {
    this.#state = seed
  }

  /** From 0 to below 1. */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0
    let t = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }

  chance(probability: number): boolean {
    return this.next() < probability
  }

  pick<T>(values: readonly T[]): T {
    return values[Math.floor(this.next() * values.length)] as T
  }

  /** A few of the values, in any order. */
  some<T>(values: readonly T[], most = values.length): T[] {
    const left = [...values]
    const count = Math.floor(this.next() * (Math.min(most, left.length) + 1))
    return Array.from({ length: count }, () => left.splice(Math.floor(this.next() * left.length), 1)[0] as T)
  }

  /** An object with some of the fields. */
  fields(makers: Record<string, () => unknown>, probability = 0.5): Record<string, unknown> {
    const chosen = Object.entries(makers).filter(() => this.chance(probability))
    return Object.fromEntries(chosen.map(([field, make]) => [field, make()]))
  }
}
