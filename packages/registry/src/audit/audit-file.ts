import { appendFile, rename, stat } from 'node:fs/promises'
import type { AuditEntry } from './audit-entry.ts'

/** Bytes of one file; the newest is `audit.jsonl`, older ones have a number behind. */
const FILE_LIMIT = 32 * 1024 * 1024
const OLD_FILES = 4
/** Lines that wait for the disk; past them the newest are counted instead of kept. */
const WAITING_LIMIT = 100_000

/** An audit log as lines of JSON in files that are turned over by size. Nobody waits for it. */
export class AuditFile {
  readonly #path: string
  readonly #onError: (error: unknown) => void
  #size: number | undefined
  #waiting: string[] = []
  #lost = 0
  #writing: Promise<void> | undefined

  constructor(path: string, onError: (error: unknown) => void) {
    this.#path = path
    this.#onError = onError
  }

  add(entry: AuditEntry): void {
    if (this.#waiting.length >= WAITING_LIMIT) this.#lost += 1
    else this.#waiting.push(`${JSON.stringify(entry)}\n`)
    this.#writing ??= this.#write()
  }

  /** Resolves when everything so far is written. */
  async close(): Promise<void> {
    await this.#writing
  }

  async #write(): Promise<void> {
    while (this.#waiting.length > 0) {
      const text = this.#waiting.join('')
      this.#waiting = []
      try {
        this.#size ??= (await stat(this.#path).catch(() => undefined))?.size ?? 0
        if (this.#size > FILE_LIMIT) await this.#turnOver()
        await appendFile(this.#path, text, { mode: 0o600 })
        this.#size += text.length
      } catch (error) {
        this.#lost += text.split('\n').length - 1
        this.#onError(error)
      }
      if (this.#lost > 0) this.#tellLoss()
    }
    // In the same turn in which nothing was found waiting: what comes later begins anew.
    this.#writing = undefined
  }

  #tellLoss(): void {
    this.#onError(new Error(`${this.#lost} lines of the audit log were lost`))
    this.#lost = 0
  }

  async #turnOver(): Promise<void> {
    for (let number = OLD_FILES - 1; number > 0; number--) {
      await rename(`${this.#path}.${number}`, `${this.#path}.${number + 1}`).catch(() => {})
    }
    await rename(this.#path, `${this.#path}.1`)
    this.#size = 0
  }
}
