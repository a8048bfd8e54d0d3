import { PART } from '../bucket.ts'
import type { SharedMemory } from './shared-memory.ts'

/** Bytes of the first buffer of an upload, and how many times as large the next one is: most of those that are slow bring little. */
const FIRST = 4 * 1024
const GROWTH = 4

export interface PieceWriterDeps {
  memory: SharedMemory
  /** Puts a piece into the store, behind so many bytes. */
  put: (offset: number, bytes: Buffer) => Promise<void>
  /** Bytes of the upload before. */
  size: number
}

/**
 * Makes objects of an upload's bytes: as large as parts, or smaller where it has to give up its memory. The bytes are copied: a
 * client may send them one by one, and each would take a hundred times its size.
 */
export class PieceWriter {
  readonly #deps: PieceWriterDeps
  #buffer = Buffer.alloc(0)
  #filled = 0
  #size: number
  /** One piece after the other, none behind one that failed: an upload has no gaps. */
  #sending: Promise<void> = Promise.resolve()
  #fault: { error: unknown } | undefined

  constructor(deps: PieceWriterDeps) {
    this.#deps = deps
    this.#size = deps.size
    deps.memory.join(this)
  }

  /** Bytes of the upload with those that were given to the store. */
  get size(): number {
    return this.#size
  }

  get held(): number {
    return this.#buffer.length
  }

  /** Throws what the store does. */
  async add(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length; ) {
      if (this.#filled === this.#buffer.length) await this.#makeRoom()
      if (this.#fault) throw this.#fault.error
      const part = bytes.subarray(at, at + this.#buffer.length - this.#filled)
      this.#buffer.set(part, this.#filled)
      this.#filled += part.length
      at += part.length
    }
  }

  /** Resolves when the store has all of it. Throws what the store does. */
  async end(): Promise<void> {
    this.#deps.memory.leave(this)
    this.giveUp()
    await this.#sending
    if (this.#fault) throw this.#fault.error
  }

  giveUp(): void {
    const { memory, put } = this.#deps
    const buffer = this.#buffer
    if (buffer.length === 0) return
    const piece = buffer.subarray(0, this.#filled)
    const offset = this.#size
    this.#buffer = Buffer.alloc(0)
    this.#filled = 0
    this.#size += piece.length
    this.#sending = this.#sending
      .then(() => (this.#fault || piece.length === 0 ? undefined : put(offset, piece)))
      .catch((error: unknown) => {
        this.#fault = { error }
      })
      .then(() => memory.release(buffer.length))
  }

  async #makeRoom(): Promise<void> {
    const { memory } = this.#deps
    if (this.#buffer.length >= PART) {
      this.giveUp()
      await this.#sending
    }
    const length = Math.min(PART, Math.max(FIRST, GROWTH * this.#buffer.length))
    await memory.take(length)
    // What was full before may have been given up meanwhile.
    const full = this.#buffer
    this.#buffer = Buffer.allocUnsafeSlow(length)
    full.copy(this.#buffer)
    memory.release(full.length)
  }
}
