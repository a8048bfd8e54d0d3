import type { FileHandle } from 'node:fs/promises'

/** Bytes after which the disk is set to work, so that the end of a large upload need not wait for all of it. */
const FLUSH = 8 * 1024 * 1024

/** Puts on the disk what is written, while more is. */
export class Flusher {
  readonly #file: FileHandle
  #unflushed = 0
  #flushing: Promise<void> | undefined

  constructor(file: FileHandle) {
    this.#file = file
  }

  written(bytes: number): void {
    this.#unflushed += bytes
    if (this.#unflushed < FLUSH || this.#flushing) return
    this.#unflushed = 0
    this.#flushing = heardLater(
      this.#file.datasync().then(() => {
        this.#flushing = undefined
      }),
    )
  }

  /** The disk tells an error to one flush only: the one at the end of the upload would not hear of it. */
  async end(): Promise<void> {
    await this.#flushing
  }
}

/** What becomes of it is asked for later, and always. */
export function heardLater<T>(work: Promise<T>): Promise<T> {
  work.catch(() => {})
  return work
}
