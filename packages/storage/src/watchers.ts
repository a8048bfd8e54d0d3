import type { StoreEvent } from './revision-store.ts'

export type Listener = (event: StoreEvent) => void

/** Who watches which prefix, found by the key: thousands of watchers of other prefixes cost an event nothing. */
export class Watchers {
  readonly #byPrefix = new Map<string, Set<Listener>>()
  /** How many watched prefixes there are of each length. */
  readonly #lengths = new Map<number, number>()

  /** Returns a function that takes the listener away. */
  add(prefix: string, listener: Listener): () => void {
    const listeners = this.#byPrefix.get(prefix) ?? this.#open(prefix)
    listeners.add(listener)
    return () => {
      if (listeners.delete(listener) && listeners.size === 0) this.#close(prefix)
    }
  }

  /** Calls the listeners of every prefix that the event's key has. */
  tell(event: StoreEvent): void {
    for (const length of this.#lengths.keys()) {
      if (length > event.key.length) continue
      for (const listener of this.#byPrefix.get(event.key.slice(0, length)) ?? []) listener(event)
    }
  }

  #open(prefix: string): Set<Listener> {
    const listeners = new Set<Listener>()
    this.#byPrefix.set(prefix, listeners)
    this.#lengths.set(prefix.length, (this.#lengths.get(prefix.length) ?? 0) + 1)
    return listeners
  }

  #close(prefix: string): void {
    this.#byPrefix.delete(prefix)
    const left = (this.#lengths.get(prefix.length) ?? 1) - 1
    if (left > 0) this.#lengths.set(prefix.length, left)
    else this.#lengths.delete(prefix.length)
  }
}
