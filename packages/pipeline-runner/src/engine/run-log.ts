import { EventEmitter, once } from 'node:events'
import { createWriteStream, type WriteStream } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Masker } from './masker.ts'

/**
 * The log of a run: `log.txt` holds all of it, `<number>-<step>.txt` that of one step. Each line gets Azure's time stamp and goes
 * through the masker. Emits `written` when there is more to read in `log.txt` or nothing will follow, and `closed` at the end.
 */
export class RunLog extends EventEmitter {
  readonly file: string
  readonly #folder: string
  readonly #masker: Masker
  readonly #whole: WriteStream
  #step: WriteStream | undefined
  #failure: unknown
  closed = false

  private constructor(folder: string, masker: Masker) {
    super()
    this.setMaxListeners(0)
    this.#folder = folder
    this.#masker = masker
    this.file = join(folder, 'log.txt')
    this.#whole = this.#open(this.file)
  }

  static async open(folder: string, masker: Masker): Promise<RunLog> {
    await mkdir(folder, { recursive: true })
    const log = new RunLog(folder, masker)
    // Whoever is told of the log finds its file. An error of the first moment is thrown here.
    await once(log.#whole, 'open')
    return log
  }

  line(text: string): void {
    const stamped = `${timestamp()} ${this.#masker.mask(text)}\n`
    this.#whole.write(stamped, () => this.emit('written'))
    this.#step?.write(stamped)
  }

  /** From here on lines go into the step's own file too. */
  beginStep(number: number, displayName: string): void {
    this.endStep()
    const name = displayName.replace(/[^\w.-]+/g, '_').slice(0, 60)
    this.#step = this.#open(join(this.#folder, `${number}-${this.#masker.mask(name).replaceAll('*', '_')}.txt`))
  }

  endStep(): void {
    this.#step?.end()
    this.#step = undefined
  }

  /** Resolves when all of it is in the file. Throws when some of it could not be written. */
  async close(): Promise<void> {
    this.endStep()
    if (!this.#whole.closed) {
      this.#whole.end()
      if (!this.#whole.closed) await once(this, 'whole-closed')
    }
    this.closed = true
    this.emit('written')
    this.emit('closed')
    if (this.#failure) throw this.#failure
  }

  #open(file: string): WriteStream {
    const stream = createWriteStream(file, { mode: 0o600 })
    stream.on('error', (error) => {
      this.#failure ??= error
    })
    if (file === this.file) stream.on('close', () => this.emit('whole-closed'))
    return stream
  }
}

/** `2020-07-29T20:10:21.1234567Z`: seven digits, as Azure's logs have. */
function timestamp(): string {
  return new Date().toISOString().replace('Z', '0000Z')
}
