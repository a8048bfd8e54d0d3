import { createReadStream } from 'node:fs'
import { type FileHandle, mkdir, open, rename, rm, truncate } from 'node:fs/promises'
import { dirname } from 'node:path'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { UserError } from '@slipway/errors'
import type { Log } from '../port.ts'

export interface FileLogOptions<T> {
  /** Whether a line, read as JSON, is an entry. */
  isEntry: (value: unknown) => value is T
  /** Told of a line that is none, which is passed over. @default it is thrown */
  onDamage?: (error: UserError) => void
}

/**
 * A log in a file, one entry a line. Appends that arrive together share one fsync. A last line that a crash cut short was never
 * acknowledged and is dropped. Any other line that is no entry is a UserError REGISTRY_LOG_DAMAGED.
 */
export async function openFileLog<T>(path: string, options: FileLogOptions<T>): Promise<Log<T>> {
  await mkdir(dirname(path), { recursive: true })
  const file = await open(path, 'a')
  await flush(dirname(path))
  return new FileLog<T>(path, file, options)
}

/** Bytes that are collected for one write of a whole log. */
const WRITE = 1024 * 1024

interface Waiting {
  done: () => void
  failed: (error: unknown) => void
}

class FileLog<T> implements Log<T> {
  readonly #path: string
  readonly #options: FileLogOptions<T>
  #file: FileHandle
  #waiting: (Waiting & { line: string })[] = []
  #rewrite: (Waiting & { entries: () => Iterable<T> }) | undefined
  #writing: Promise<void> | undefined

  constructor(path: string, file: FileHandle, options: FileLogOptions<T>) {
    this.#path = path
    this.#options = options
    this.#file = file
  }

  async *read(): AsyncIterable<T> {
    const whole = await this.#dropTornLine()
    if (whole === 0) return
    let number = 0
    for await (const line of linesOf(this.#path)) {
      number += 1
      const entry = this.#parse(line, number)
      if (entry !== undefined) yield entry
    }
  }

  append(entry: T): Promise<void> {
    const line = `${JSON.stringify(entry)}\n`
    return new Promise((done, failed) => {
      this.#waiting.push({ line, done, failed })
      this.#write()
    })
  }

  rewrite(entries: () => Iterable<T>): Promise<void> {
    return new Promise((done, failed) => {
      this.#rewrite = { entries, done, failed }
      this.#write()
    })
  }

  async close(): Promise<void> {
    await this.#writing
    await this.#file.close()
  }

  #write(): void {
    this.#writing ??= this.#writeAll()
  }

  async #writeAll(): Promise<void> {
    while (this.#rewrite || this.#waiting.length > 0) {
      if (this.#rewrite) await this.#replace(this.#rewrite)
      else await this.#appendWaiting()
    }
    // In the same turn in which nothing was found waiting: what comes later begins anew.
    this.#writing = undefined
  }

  async #appendWaiting(): Promise<void> {
    const group = this.#waiting
    this.#waiting = []
    let size: number | undefined
    try {
      size = (await this.#file.stat()).size
      // All of it or an error: `write` may take a part, which is what a disk does that is nearly full.
      await this.#file.appendFile(group.map(({ line }) => line).join(''))
      await this.#file.datasync()
      for (const { done } of group) done()
    } catch (error) {
      // Half a line must not stand before the next one (a full disk).
      if (size !== undefined) await this.#file.truncate(size).catch(() => {})
      for (const { failed } of group) failed(error)
    }
  }

  /** The old file stays in use until the new one is whole. */
  async #replace({ entries, done, failed }: Waiting & { entries: () => Iterable<T> }): Promise<void> {
    this.#rewrite = undefined
    // Who was told just now that its entry is kept takes note of it before the others are asked for.
    await nextTurn()
    const next = `${this.#path}.next`
    try {
      await rm(next, { force: true })
      const file = await open(next, 'a')
      try {
        await writeLines(file, entries())
        await rename(next, this.#path)
      } catch (error) {
        await file.close()
        await rm(next, { force: true })
        throw error
      }
      const old = this.#file
      this.#file = file
      await old.close()
      await flush(dirname(this.#path))
      done()
    } catch (error) {
      failed(error)
    }
  }

  #parse(line: string, number: number): T | undefined {
    const { isEntry, onDamage } = this.#options
    let cause: unknown
    try {
      const value: unknown = JSON.parse(line)
      if (isEntry(value)) return value
    } catch (error) {
      cause = error
    }
    const error = new UserError('REGISTRY_LOG_DAMAGED', 'a line of a log of the registry cannot be read', {
      at: { file: this.#path, line: number },
      hint: 'restore the file from a backup, or remove the line to lose only what it says',
      cause,
    })
    if (!onDamage) throw error
    onDamage(error)
    return undefined
  }

  /** Cuts the file after its last newline; resolves to the size that is left. */
  async #dropTornLine(): Promise<number> {
    const file = await open(this.#path, 'r')
    try {
      const { size } = await file.stat()
      const whole = await endOfLastLine(file, size)
      if (whole < size) await truncate(this.#path, whole)
      return whole
    } finally {
      await file.close()
    }
  }
}

async function writeLines(file: FileHandle, entries: Iterable<unknown>): Promise<void> {
  let lines: string[] = []
  let size = 0
  for (const entry of entries) {
    const line = `${JSON.stringify(entry)}\n`
    lines.push(line)
    size += line.length
    if (size < WRITE) continue
    await file.appendFile(lines.join(''))
    lines = []
    size = 0
  }
  await file.appendFile(lines.join(''))
  await file.sync()
}

/** Without Node's readline, for which some versions a U+2028 ends a line too: JSON has it in texts as it is. */
async function* linesOf(path: string): AsyncIterable<string> {
  let begun = ''
  for await (const text of createReadStream(path, { encoding: 'utf8', highWaterMark: WRITE })) {
    const lines = `${begun}${text}`.split('\n')
    begun = lines.pop() ?? ''
    yield* lines
  }
}

/** Puts a folder's list of names on the disk. */
async function flush(path: string): Promise<void> {
  const folder = await open(path)
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}

async function endOfLastLine(file: FileHandle, size: number): Promise<number> {
  const block = Buffer.alloc(64 * 1024)
  for (let end = size; end > 0; ) {
    const start = Math.max(0, end - block.length)
    const { bytesRead } = await file.read(block, 0, end - start, start)
    const newline = block.subarray(0, bytesRead).lastIndexOf(0x0a)
    if (newline >= 0) return start + newline + 1
    end = start
  }
  return 0
}
