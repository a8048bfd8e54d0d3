/** Somebody who has some of the memory. */
export interface Holder {
  /** Bytes that it has and could give back. */
  readonly held: number
  /** Begins to give them back; `release` follows. */
  giveUp(): void
}

/**
 * Memory that many share who may hold on to it for as long as they like, as clients do that send slowly. Whoever needs more than is
 * free lets those give up theirs who have most; that depends on no client, so nobody waits for one that is silent.
 */
export class SharedMemory {
  readonly #holders = new Set<Holder>()
  readonly #bytes: number
  #free: number
  /** Takers stand in line: one that needs much is not passed by others for ever. */
  #line: Promise<void> = Promise.resolve()
  #released: (() => void) | undefined

  constructor(bytes: number) {
    this.#bytes = bytes
    this.#free = bytes
  }

  join(holder: Holder): void {
    this.#holders.add(holder)
  }

  leave(holder: Holder): void {
    this.#holders.delete(holder)
  }

  /** Resolves when so many bytes are the caller's. */
  take(bytes: number): Promise<void> {
    this.#line = this.#line.then(() => this.#take(bytes))
    return this.#line
  }

  release(bytes: number): void {
    this.#free += bytes
    this.#released?.()
  }

  async #take(bytes: number): Promise<void> {
    while (this.#free < bytes) {
      const released = new Promise<void>((resolve) => {
        this.#released = resolve
      })
      this.#reclaim(bytes)
      await released
    }
    this.#free -= bytes
  }

  /** What nobody holds is free, or is being given back already. */
  #reclaim(bytes: number): void {
    let held = 0
    for (const holder of this.#holders) held += holder.held
    for (let richest = this.#richest(); richest && this.#bytes - held < bytes; richest = this.#richest()) {
      held -= richest.held
      richest.giveUp()
    }
  }

  #richest(): Holder | undefined {
    let richest: Holder | undefined
    for (const holder of this.#holders) if (holder.held > (richest?.held ?? 0)) richest = holder
    return richest
  }
}
