import type { FileHandle } from 'node:fs/promises'

/** Bytes that wait for one write at least, and at most where few uploads are under way. */
const LEAST = 1024 * 1024
const MOST = 8 * 1024 * 1024
/** Bytes that wait in all uploads together, unless each has its least. */
const ROOM = 16 * 1024 * 1024
/** Bytes after which the disk is set to work, so that the end of a large upload need not wait for all of it. */
const FLUSH = 8 * 1024 * 1024

/** Uploads that are under way. */
let appenders = 0

/** Appends a body to a file at the pace of the disk. What came before the body broke off is written. */
export async function append(file: FileHandle, body: AsyncIterable<Uint8Array>): Promise<void> {
  const appender = new Appender(file)
  appenders += 1
  try {
    for await (const piece of body) {
      appender.add(piece)
      if (appender.waiting > Math.min(MOST, Math.max(LEAST, ROOM / appenders))) await appender.room()
    }
  } finally {
    appenders -= 1
    await appender.end()
  }
}

/** Collects what comes in while it writes what came before: the longer a write takes, the larger is the next. */
class Appender {
  /** Bytes. */
  waiting = 0
  readonly #file: FileHandle
  #pieces: Uint8Array[] = []
  #unflushed = 0
  #writing: Promise<void> | undefined
  #flushing: Promise<void> | undefined

  constructor(file: FileHandle) {
    this.#file = file
  }

  add(piece: Uint8Array): void {
    this.#pieces.push(piece)
    this.waiting += piece.length
    if (!this.#writing && this.waiting >= LEAST) this.#write()
  }

  /** Resolves when what waits is being written. */
  async room(): Promise<void> {
    await this.#writing
  }

  /** Resolves when all is written. */
  async end(): Promise<void> {
    while (this.#writing || this.waiting > 0) {
      if (!this.#writing) this.#write()
      await this.#writing
    }
    // The disk tells an error to one flush only: the one at the end of the upload would not hear of it.
    await this.#flushing
  }

  #write(): void {
    const pieces = this.#pieces
    if (this.#unflushed >= FLUSH && !this.#flushing) this.#flush()
    this.#unflushed += this.waiting
    this.#pieces = []
    this.waiting = 0
    this.#writing = heardLater(
      writeWhole(this.#file, pieces).then(() => {
        this.#writing = undefined
        if (this.waiting >= LEAST) this.#write()
      }),
    )
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

async function writeWhole(file: FileHandle, pieces: Uint8Array[]): Promise<void> {
  let left = pieces
  while (left.length > 0) {
    const { bytesWritten } = await file.writev(left)
    left = without(left, bytesWritten)
  }
}

/** The pieces without their first bytes. */
function without(pieces: Uint8Array[], bytes: number): Uint8Array[] {
  let gone = bytes
  return pieces.flatMap((piece) => {
    const rest = piece.subarray(Math.min(gone, piece.length))
    gone -= piece.length - rest.length
    return rest.length > 0 ? [rest] : []
  })
}
