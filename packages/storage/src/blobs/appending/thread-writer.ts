import type { FileHandle } from 'node:fs/promises'
import { Flusher, heardLater } from './flusher.ts'
import type { ThreadDigest } from './upload-threads.ts'
import type { Writer } from './writer.ts'

/** Writes that are under way at once: one is collected while the other is done. */
const AHEAD = 2

/** Bytes of memory that a piece takes beside its own: a client may send them one by one. */
const PIECE = 512

/** Appends through the thread, some pieces at a time. */
export class ThreadWriter implements Writer {
  readonly #file: FileHandle
  readonly #digest: ThreadDigest
  readonly #flusher: Flusher
  /** Bytes of memory that are written together. */
  readonly #batch: number
  #pieces: Uint8Array[] = []
  #collected = 0
  #weight = 0
  readonly #writing: Promise<void>[] = []
  /** The first: what comes after it fails for its sake. */
  #fault: unknown

  constructor(file: FileHandle, digest: ThreadDigest, batch: number) {
    this.#file = file
    this.#digest = digest
    this.#batch = batch
    this.#flusher = new Flusher(file)
    digest.thread.hold()
  }

  async add(piece: Uint8Array): Promise<void> {
    this.#pieces.push(piece)
    this.#collected += piece.length
    this.#weight += piece.length + PIECE
    if (this.#weight < this.#batch) return
    this.#write()
    if (this.#writing.length >= AHEAD) await this.#writing.shift()
  }

  async end(): Promise<void> {
    if (this.#collected > 0) this.#write()
    try {
      await Promise.allSettled(this.#writing)
      await this.#flusher.end()
      if (this.#fault) throw this.#fault
    } finally {
      this.#digest.thread.release()
    }
  }

  #write(): void {
    if (this.#fault) return
    const bytes = this.#collected
    const write = this.#digest.write(this.#file.fd, this.#pieces).then(
      () => this.#flusher.written(bytes),
      (fault: unknown) => {
        this.#fault ??= fault
        throw fault
      },
    )
    this.#pieces = []
    this.#collected = 0
    this.#weight = 0
    this.#writing.push(heardLater(write))
  }
}
