import type { Log } from '../port.ts'

/** A log that has this many entries more than twice what lives is worth being written anew. */
const WASTE = 1_000

/** Writes a log anew once most of it no longer counts, while it is in use. */
export class Compaction<T> {
  readonly #log: Log<T>
  readonly #living: () => T[]
  readonly #onError: (error: unknown) => void
  #entries = 0
  #limit = Number.POSITIVE_INFINITY

  /** `living`: the entries that say all that is known by now. */
  constructor(log: Log<T>, living: () => T[], onError: (error: unknown) => void) {
    this.#log = log
    this.#living = living
    this.#onError = onError
  }

  /** To be called when the log was read and had so many entries. `force` writes it anew in any case. */
  async opened(entries: number, { force = false } = {}): Promise<void> {
    const living = this.#living().length
    this.#entries = entries
    this.#limit = limitOf(living)
    if (force || entries > this.#limit) await this.#rewrite()
  }

  /** To be called when an entry was appended and what it says is known. */
  grew(): void {
    this.#entries += 1
    if (this.#entries > this.#limit) this.#rewrite().catch(this.#onError)
  }

  /** When it fails, it is tried again once the log has doubled. */
  async #rewrite(): Promise<void> {
    this.#limit = limitOf(this.#entries)
    await this.#log.rewrite(() => {
      const living = this.#living()
      this.#entries = living.length
      this.#limit = limitOf(living.length)
      return living
    })
  }
}

function limitOf(entries: number): number {
  return 2 * entries + WASTE
}
