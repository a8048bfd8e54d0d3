import type { FileHandle } from 'node:fs/promises'
import type { RunningDigest } from '../running-digest.ts'
import { BufferedWriter, FAST, SMALL } from './buffered-writer.ts'
import { DirectWriter } from './direct-writer.ts'
import { ThreadWriter } from './thread-writer.ts'
import { ThreadDigest } from './upload-threads.ts'
import type { Writer } from './writer.ts'

export type FileDigest = RunningDigest | ThreadDigest

export interface Appended {
  readonly file: FileHandle
  /** Of what the file has, and then of what is added; undefined where that is not known. */
  readonly digest: FileDigest | undefined
  /** Makes the digest of a large upload, from its first byte on, one that a thread counts. */
  readonly onThread: (() => ThreadDigest) | undefined
}

/** Uploads that may be written fast. For the others: ten thousand clients that send nothing more must not hold ten gigabytes. */
const FAST_APPENDERS = 16
/** Uploads that may have a buffer at all. */
const BUFFERED_APPENDERS = 256
/** Bytes from which an upload is worth the messages to a thread. */
const LARGE = 1024 * 1024
/** Pieces, until then, that are better copied together: a client may send its bytes one by one, and each would take hundreds. */
const MANY = 1024
/** Bytes of one message. */
const BATCH = 256 * 1024

/** Uploads that are under way. */
let appenders = 0

/** Appends a body to a file at the pace of the disk. What came before the body broke off is written. */
export async function append(appended: Appended, body: AsyncIterable<Uint8Array>): Promise<void> {
  const writer = writerFor(appended, ++appenders)
  try {
    for await (const piece of body) await writer.add(piece)
  } finally {
    appenders -= 1
    await writer.end()
  }
}

function writerFor({ file, digest, onThread }: Appended, place: number): Writer {
  const isFast = place <= FAST_APPENDERS
  if (digest instanceof ThreadDigest) return new ThreadWriter(file, digest, isFast ? BATCH : 0)
  if (isFast && onThread && digest?.size === 0) return new UndecidedWriter(file, digest, onThread)
  if (place > BUFFERED_APPENDERS) return new DirectWriter(file, digest)
  return new BufferedWriter(file, digest, isFast ? FAST : SMALL)
}

/** Collects an upload until it is large enough for the thread, or has ended. */
class UndecidedWriter implements Writer {
  readonly #file: FileHandle
  readonly #digest: RunningDigest
  readonly #onThread: () => ThreadDigest
  #collected: Uint8Array[] = []
  #size = 0
  #decided: Writer | undefined

  constructor(file: FileHandle, digest: RunningDigest, onThread: () => ThreadDigest) {
    this.#file = file
    this.#digest = digest
    this.#onThread = onThread
  }

  async add(piece: Uint8Array): Promise<void> {
    if (this.#decided) return this.#decided.add(piece)
    this.#collected.push(piece)
    this.#size += piece.length
    if (this.#size >= LARGE) await this.#decide(new ThreadWriter(this.#file, this.#onThread(), BATCH))
    else if (this.#collected.length === MANY) await this.#decide(this.#buffered())
  }

  async end(): Promise<void> {
    if (!this.#decided) await this.#decide(this.#buffered())
    await this.#decided?.end()
  }

  #buffered(): Writer {
    return new BufferedWriter(this.#file, this.#digest, FAST)
  }

  async #decide(writer: Writer): Promise<void> {
    this.#decided = writer
    for (const piece of this.#collected.splice(0)) await writer.add(piece)
  }
}
