import { startWallTimer } from './wall-timer.ts'

/**
 * A set of keys waiting for work, of which those of the highest rank come first. A key is never worked on twice at once; added meanwhile,
 * it comes again afterwards. A key whose work is long can rest afterwards, so that what comes in the meantime is worked on together.
 */
export class WorkQueue {
  readonly #ready = new Map<number, Set<string>>()
  readonly #active = new Set<string>()
  /** Added while they are worked on; whether they rest first. */
  readonly #dirty = new Map<string, { rests: boolean }>()
  /** Until when keys rest that have been worked on. */
  readonly #rests = new Map<string, number>()
  readonly #timers = new Map<string, { stop: () => void; due: number }>()
  readonly #waiting: ((key: string | undefined) => void)[] = []
  readonly #rankOf: (key: string) => number
  #closed = false

  /** @param rankOf What a key's rank is when it is added. @default all are equal */
  constructor(rankOf: (key: string) => number = () => 0) {
    this.#rankOf = rankOf
  }

  add(key: string): void {
    if (this.#closed) return
    this.#cancelTimer(key)
    if (this.#active.has(key)) {
      this.#dirty.set(key, { rests: false })
      return
    }
    this.#rests.delete(key)
    const taker = this.#waiting.shift()
    if (!taker) {
      this.#put(key)
      return
    }
    this.#active.add(key)
    taker(key)
  }

  /** Adds the key as soon as it has rested. */
  gather(key: string): void {
    if (this.#active.has(key)) {
      if (!this.#dirty.has(key)) this.#dirty.set(key, { rests: true })
      return
    }
    const left = (this.#rests.get(key) ?? 0) - performance.now()
    if (left > 0) this.addAfter(key, left)
    else this.add(key)
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
    const key = this.#pick()
    if (key !== undefined) {
      this.#active.add(key)
      return Promise.resolve(key)
    }
    if (this.#closed) return Promise.resolve(undefined)
    return new Promise((resolve) => this.#waiting.push(resolve))
  }

  /** @param rest Milliseconds for which the key is to rest. @default 0 */
  done(key: string, rest = 0): void {
    this.#active.delete(key)
    if (rest > 0) this.#rests.set(key, performance.now() + rest)
    const dirty = this.#dirty.get(key)
    this.#dirty.delete(key)
    if (dirty?.rests) this.gather(key)
    else if (dirty) this.add(key)
  }

  /** Forgets what waits and sends the takers home. */
  close(): void {
    this.#closed = true
    this.#ready.clear()
    this.#rests.clear()
    for (const { stop } of this.#timers.values()) stop()
    this.#timers.clear()
    for (const taker of this.#waiting.splice(0)) taker(undefined)
  }

  #put(key: string): void {
    const rank = this.#rankOf(key)
    for (const other of this.#ready.keys()) if (other !== rank) this.#drop(key, other)
    const keys = this.#ready.get(rank)
    if (keys) keys.add(key)
    else this.#ready.set(rank, new Set([key]))
  }

  #pick(): string | undefined {
    const rank = Math.max(...this.#ready.keys())
    const [key] = this.#ready.get(rank) ?? []
    if (key !== undefined) this.#drop(key, rank)
    return key
  }

  #drop(key: string, rank: number): void {
    const keys = this.#ready.get(rank)
    keys?.delete(key)
    if (keys?.size === 0) this.#ready.delete(rank)
  }

  #cancelTimer(key: string): void {
    this.#timers.get(key)?.stop()
    this.#timers.delete(key)
  }
}
