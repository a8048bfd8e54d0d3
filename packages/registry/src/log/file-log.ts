import { createReadStream } from 'node:fs'
import { type FileHandle, mkdir, open, rename, truncate } from 'node:fs/promises'
import { dirname } from 'node:path'
import { createInterface } from 'node:readline'
import { UserError } from '@slipway/errors'
import type { Log } from '../port.ts'

/**
 * A log in a file, one entry a line. Appends that arrive together share one fsync. A last line that a crash cut short was never
 * acknowledged and is dropped. Throws UserError REGISTRY_LOG_DAMAGED when any other line cannot be read.
 */
export async function openFileLog<T>(path: string): Promise<Log<T>> {
  await mkdir(dirname(path), { recursive: true })
  return new FileLog<T>(path, await open(path, 'a'))
}

interface Waiting {
  line: string
  done: () => void
  failed: (error: unknown) => void
}

class FileLog<T> implements Log<T> {
  readonly #path: string
  #file: FileHandle
  #waiting: Waiting[] = []
  #writing: Promise<void> | undefined

  constructor(path: string, file: FileHandle) {
    this.#path = path
    this.#file = file
  }

  async *read(): AsyncIterable<T> {
    const whole = await this.#dropTornLine()
    if (whole === 0) return
    const lines = createInterface({ input: createReadStream(this.#path), crlfDelay: Number.POSITIVE_INFINITY })
    let number = 0
    for await (const line of lines) {
      number += 1
      yield this.#parse(line, number)
    }
  }

  append(entry: T): Promise<void> {
    const line = `${JSON.stringify(entry)}\n`
    return new Promise((done, failed) => {
      this.#waiting.push({ line, done, failed })
      this.#writing ??= this.#writeAll().finally(() => {
        this.#writing = undefined
      })
    })
  }

  async rewrite(entries: Iterable<T>): Promise<void> {
    const next = `${this.#path}.next`
    const file = await open(next, 'w')
    for (const entry of entries) await file.write(`${JSON.stringify(entry)}\n`)
    await file.sync()
    await file.close()
    await rename(next, this.#path)
    await this.#file.close()
    this.#file = await open(this.#path, 'a')
    const folder = await open(dirname(this.#path))
    await folder.sync()
    await folder.close()
  }

  async close(): Promise<void> {
    await this.#writing
    await this.#file.close()
  }

  async #writeAll(): Promise<void> {
    while (this.#waiting.length > 0) {
      const group = this.#waiting
      this.#waiting = []
      const { size } = await this.#file.stat()
      try {
        await this.#file.write(group.map(({ line }) => line).join(''))
        await this.#file.datasync()
        for (const { done } of group) done()
      } catch (error) {
        // Half a line must not stand before the next one (a full disk).
        await this.#file.truncate(size).catch(() => {})
        for (const { failed } of group) failed(error)
      }
    }
  }

  #parse(line: string, number: number): T {
    try {
      return JSON.parse(line) as T
    } catch (cause) {
      throw new UserError('REGISTRY_LOG_DAMAGED', 'a line of a log of the registry cannot be read', {
        at: { file: this.#path, line: number },
        hint: 'restore the file from a backup, or remove the line to lose only what it says',
        cause,
      })
    }
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
