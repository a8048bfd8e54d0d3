import { appendFile, readFile } from 'node:fs/promises'
import type { Writable } from 'node:stream'

/** Text kept in memory for those who follow, in characters; a build that says more is only followed from its file. */
const MEMORY_LIMIT = 8 * 1024 * 1024

/** What a run says: written to a file, and followed live by any number of readers. Secret values never get in. */
export class RunLog {
  readonly #path: string
  readonly #secrets: string[]
  readonly #readers = new Set<Writable>()
  #text = ''
  #writing: Promise<void> = Promise.resolve()
  #ended = false

  constructor(path: string, secrets: string[]) {
    this.#path = path
    this.#secrets = secrets.filter((secret) => secret.length > 0)
  }

  write(text: string): void {
    const masked = this.#secrets.reduce((rest, secret) => rest.replaceAll(secret, '***'), text)
    if (this.#text.length < MEMORY_LIMIT) this.#text += masked
    for (const reader of this.#readers) {
      reader.write(masked)
      // Who does not read must not have all of it kept for him.
      if (reader.writableLength > MEMORY_LIMIT) reader.destroy()
    }
    const writing = this.#writing.then(() => appendFile(this.#path, masked))
    // A full disk is told at the end.
    writing.catch(() => {})
    this.#writing = writing
  }

  async end(): Promise<void> {
    this.#ended = true
    for (const reader of this.#readers) reader.end()
    this.#readers.clear()
    await this.#writing
  }

  /** Sends everything so far, then what comes, until the end. */
  follow(reader: Writable): void {
    reader.write(this.#text)
    if (this.#ended) return void reader.end()
    this.#readers.add(reader)
    reader.on('close', () => this.#readers.delete(reader))
  }
}

/** The log of a run that is over. */
export function readLog(path: string): Promise<Buffer> {
  return readFile(path).catch(() => Buffer.alloc(0))
}
