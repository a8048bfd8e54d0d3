import type { Writable } from 'node:stream'
import type { BlobStore } from '@slipway/storage'
import { Window } from './window.ts'

/** Bytes of a download that are kept in memory for those who read along. */
const WINDOW = 4 * 1024 * 1024

/**
 * Content that is on its way into the store, read along by any number of clients. It comes at its own pace: the last bytes are
 * in memory, and whoever is slower, or came later, reads on from the store when all is there. Nobody gets the last byte before the
 * whole is stored and has proved to be what its digest says.
 */
export class Download {
  /** Bytes; undefined when the other side does not say. */
  readonly size: number | undefined
  readonly digest: string
  readonly #window = new Window(WINDOW)
  #state: 'running' | 'stored' | 'failed' = 'running'
  #error: unknown
  #wake: (() => void)[] = []

  constructor(digest: string, size: number | undefined) {
    this.digest = digest
    this.size = size
  }

  /** The body as it comes, with everything seen on the way; what the store is filled from. */
  async *through(body: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
    for await (const bytes of body) {
      this.#window.add(bytes)
      this.#tell()
      // Given away: the window has its own.
      yield bytes
    }
  }

  /** To be called when everything is in the store, or never will be. */
  end(error?: unknown): void {
    this.#state = error === undefined ? 'stored' : 'failed'
    this.#error = error
    this.#window.clear()
    this.#tell()
  }

  /** Resolves when everything is in the store. Throws what ended it. */
  async stored(): Promise<void> {
    while (this.#state === 'running') await this.#change()
    if (this.#state === 'failed') throw this.#error
  }

  /** Writes the whole content at the pace of the reader; ends early when the reader is gone. Throws what ended the download. */
  async sendTo(to: Writable, blobs: BlobStore): Promise<void> {
    let position = 0
    while (!to.destroyed) {
      if (this.#state === 'failed') throw this.#error
      if (this.#state === 'stored') {
        if (this.#window.end > position)
          await blobs.send(this.digest, { start: position, end: this.#window.end - 1 }, () => to)
        return
      }
      const bytes = this.#after(position)
      if (!bytes) {
        await this.#change()
        continue
      }
      position += bytes.length
      if (!to.write(bytes)) await drained(to)
    }
  }

  /** Resolves when some of it has come, or all is in the store: what is whole is waited for. Throws what ended the download before. */
  async begun(): Promise<void> {
    const isPart = (): boolean => this.#window.end > 0 && this.#window.end !== this.size
    while (this.#state === 'running' && !isPart()) await this.#change()
    if (this.#state === 'failed') throw this.#error
  }

  /** What has come behind a position and is still in the window, except the last byte of the whole. */
  #after(position: number): Uint8Array | undefined {
    const last = (this.size ?? this.#window.end) - 1
    const bytes = this.#window.behind(position)?.subarray(0, Math.max(0, last - position))
    return bytes && bytes.length > 0 ? bytes : undefined
  }

  #change(): Promise<void> {
    return new Promise((resolve) => this.#wake.push(resolve))
  }

  #tell(): void {
    for (const wake of this.#wake.splice(0)) wake()
  }
}

function drained(to: Writable): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      to.off('drain', done)
      to.off('close', done)
      resolve()
    }
    to.on('drain', done)
    to.on('close', done)
  })
}
