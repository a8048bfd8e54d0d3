import type { FileHandle } from 'node:fs/promises'
import { giveBack, POOLED, takeBuffer } from '../buffer-pool.ts'
import type { RunningDigest } from '../running-digest.ts'
import { Flusher, heardLater } from './flusher.ts'
import type { Writer } from './writer.ts'

/** The buffers of one upload. */
export interface Buffers {
  readonly length: number
  readonly count: number
}

/** One buffer is filled while the other is written. */
export const FAST: Buffers = { length: POOLED, count: 2 }
export const SMALL: Buffers = { length: 64 * 1024, count: 1 }
/**
 * Bytes of one write. The kernel takes pages for all of a write at once: those for a larger one it has to break out of large free
 * areas, which a virtual machine's host may have taken back, and then copying takes three times as long.
 */
const WRITE = 128 * 1024

/**
 * Appends on this thread. The pieces are copied together: they are many and small, and would be old before they are
 * written, when only a full collection frees them.
 */
export class BufferedWriter implements Writer {
  readonly #file: FileHandle
  readonly #length: number
  readonly #free: Buffer[] = []
  /** Buffers that may still be made. */
  #unmade: number
  #filling: Buffer | undefined
  #filled = 0
  #writing: Promise<void> = Promise.resolve()
  readonly #flusher: Flusher
  readonly #digest: RunningDigest | undefined

  constructor(file: FileHandle, digest: RunningDigest | undefined, { length, count }: Buffers) {
    this.#file = file
    this.#digest = digest
    this.#length = length
    this.#unmade = count
    this.#flusher = new Flusher(file)
  }

  async add(piece: Uint8Array): Promise<void> {
    this.#digest?.add(piece)
    for (let at = 0; at < piece.length; ) {
      const buffer = this.#filling ?? (await this.#emptyBuffer())
      this.#filling = buffer
      const part = piece.subarray(at, at + buffer.length - this.#filled)
      buffer.set(part, this.#filled)
      this.#filled += part.length
      at += part.length
      if (this.#filled === buffer.length) this.#write(buffer)
    }
  }

  /** Resolves when all is written, and gives the buffers back. */
  async end(): Promise<void> {
    if (this.#filling) this.#write(this.#filling)
    try {
      await this.#writing
      await this.#flusher.end()
    } finally {
      this.#free.forEach(giveBack)
    }
  }

  async #emptyBuffer(): Promise<Buffer> {
    if (this.#free.length === 0 && this.#unmade === 0) await this.#writing
    const free = this.#free.pop()
    if (free) return free
    this.#unmade -= 1
    return takeBuffer(this.#length)
  }

  /** Writes what is in the buffer after all before. */
  #write(buffer: Buffer): void {
    const bytes = buffer.subarray(0, this.#filled)
    this.#filling = undefined
    this.#filled = 0
    const write = async (): Promise<void> => {
      try {
        await writeWhole(this.#file, bytes)
      } finally {
        this.#free.push(buffer)
      }
      this.#flusher.written(bytes.length)
    }
    this.#writing = heardLater(this.#writing.then(write))
  }
}

export async function writeWhole(file: FileHandle, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length; ) {
    at += (await file.write(bytes, at, Math.min(bytes.length - at, WRITE))).bytesWritten
  }
}
