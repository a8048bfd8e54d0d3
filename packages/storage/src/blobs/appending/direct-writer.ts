import type { FileHandle } from 'node:fs/promises'
import type { RunningDigest } from '../running-digest.ts'
import { writeWhole } from './buffered-writer.ts'
import { Flusher } from './flusher.ts'
import type { Writer } from './writer.ts'

/** Appends what comes as it comes: it has nothing in memory while its client is silent. */
export class DirectWriter implements Writer {
  readonly #file: FileHandle
  readonly #digest: RunningDigest | undefined
  readonly #flusher: Flusher

  constructor(file: FileHandle, digest: RunningDigest | undefined) {
    this.#file = file
    this.#digest = digest
    this.#flusher = new Flusher(file)
  }

  async add(piece: Uint8Array): Promise<void> {
    this.#digest?.add(piece)
    await writeWhole(this.#file, piece)
    this.#flusher.written(piece.length)
  }

  end(): Promise<void> {
    return this.#flusher.end()
  }
}
