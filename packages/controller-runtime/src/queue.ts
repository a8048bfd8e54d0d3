import { startWallTimer } from './wall-timer.ts'

/** A set of keys waiting for work. A key is never worked on twice at once; added meanwhile, it comes again afterwards. */
export class WorkQueue {
  readonly #ready = new Set<string>()
  readonly #active = new Set<string>()
  readonly #dirty = new Set<string>()
  readonly #timers = new Map<string, { stop: () => void; due: number }>()
  readonly #waiting: ((key: string | undefined) => void)[] = []
  #closed = false

  add(key: string): void {
    if (this.#closed) return
    this.#cancelTimer(key)
    if (this.#active.has(key)) {
      this.#dirty.add(key)
      return
    }
    const taker = this.#waiting.shift()
    if (!taker) {
      this.#ready.add(key)
      return
    }
    this.#active.add(key)
    taker(key)
  }

  /** Adds the key after so many milliseconds; an earlier time that is set stays. */
  addAfter(key: string, milliseconds: number): void {
    if (this.#closed) return
    const due = performance.now() + milliseconds
    const current = this.#timers.get(key)
    if (current && current.due <= due) return
    this.#cancelTimer(key)
    const stop = startWallTimer(milliseconds, () => {
      this.#timers.delete(key)
      this.add(key)
    })
    this.#timers.set(key, { stop, due })
  }

  /** The next key, marked as being worked on; undefined once the queue is closed. Call {@link done} afterwards. */
  take(): Promise<string | undefined> {
    const [key] = this.#ready
    if (key !== undefined) {
      this.#ready.delete(key)
      this.#active.add(key)
      return Promise.resolve(key)
    }
    if (this.#closed) return Promise.resolve(undefined)
    return new Promise((resolve) => this.#waiting.push(resolve))
  }

  done(key: string): void {
    this.#active.delete(key)
    if (this.#dirty.delete(key)) this.add(key)
  }

  /** Forgets what waits and sends the takers home. */
  close(): void {
    this.#closed = true
    this.#ready.clear()
    for (const { stop } of this.#timers.values()) stop()
    this.#timers.clear()
    for (const taker of this.#waiting.splice(0)) taker(undefined)
  }

  #cancelTimer(key: string): void {
    this.#timers.get(key)?.stop()
    this.#timers.delete(key)
  }
}
