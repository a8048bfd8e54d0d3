import type { FileHandle } from 'node:fs/promises'
import { giveBack, POOLED, takeBuffer } from './buffer-pool.ts'

/** One buffer is filled while the other is written. */
const FAST = { length: POOLED, buffers: 2 }
const FAST_APPENDERS = 16
/** For the others: ten thousand clients that send nothing more must not hold ten gigabytes. */
const SMALL = { length: 64 * 1024, buffers: 1 }
/**
 * Bytes of one write. The kernel takes pages for all of a write at once: those for a larger one it has to break out of large free
 * areas, which a virtual machine's host may have taken back, and then copying takes three times as long.
 */
const WRITE = 128 * 1024
/** Bytes after which the disk is set to work, so that the end of a large upload need not wait for all of it. */
const FLUSH = 8 * 1024 * 1024

/** Uploads that are under way. */
let appenders = 0

/**
 * Appends a body to a file at the pace of the disk. What came before the body broke off is written. The pieces are copied
 * together: they are many and small, and would be old before they are written, when only a full collection frees them.
 */
export async function append(file: FileHandle, body: AsyncIterable<Uint8Array>): Promise<void> {
  const appender = new Appender(file, ++appenders > FAST_APPENDERS ? SMALL : FAST)
  try {
    for await (const piece of body) await appender.add(piece)
  } finally {
    appenders -= 1
    await appender.end()
  }
}

class Appender {
  readonly #file: FileHandle
  readonly #length: number
  readonly #free: Buffer[] = []
  /** Buffers that may still be made. */
  #unmade: number
  #filling: Buffer | undefined
  #filled = 0
  #unflushed = 0
  #writing: Promise<void> = Promise.resolve()
  #flushing: Promise<void> | undefined

  constructor(file: FileHandle, { length, buffers }: { length: number; buffers: number }) {
    this.#file = file
    this.#length = length
    this.#unmade = buffers
  }

  async add(piece: Uint8Array): Promise<void> {
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
      // The disk tells an error to one flush only: the one at the end of the upload would not hear of it.
      await this.#flushing
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
      this.#unflushed += bytes.length
      if (this.#unflushed >= FLUSH && !this.#flushing) this.#flush()
    }
    this.#writing = heardLater(this.#writing.then(write))
  }

  /** Goes on beside the writes. */
  #flush(): void {
    this.#unflushed = 0
    this.#flushing = heardLater(
      this.#file.datasync().then(() => {
        this.#flushing = undefined
      }),
    )
  }
}

/** What becomes of it is asked for later, and always. */
function heardLater<T>(work: Promise<T>): Promise<T> {
  work.catch(() => {})
  return work
}

async function writeWhole(file: FileHandle, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length; ) {
    at += (await file.write(bytes, at, Math.min(bytes.length - at, WRITE))).bytesWritten
  }
}
