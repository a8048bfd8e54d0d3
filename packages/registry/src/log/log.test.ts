import { mkdir, mkdtemp, readdir, readFile, rm, rmdir } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Log } from '../port.ts'
import { Compaction } from './compaction.ts'
import { openFileLog } from './file-log.ts'

interface Entry {
  key: string
  value: number
}

let folder: string
let path: string
let log: Log<Entry>
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'registry-log-'))
  path = join(folder, 'log.jsonl')
  log = await openFileLog(path)
})
afterEach(async () => {
  await log.close()
  await rm(folder, { recursive: true, force: true })
})

async function read(from: Log<Entry>): Promise<Entry[]> {
  const entries: Entry[] = []
  for await (const entry of from.read()) entries.push(entry)
  return entries
}

/** What the file says, by another log. */
async function kept(): Promise<Entry[]> {
  const other = await openFileLog<Entry>(path)
  const entries = await read(other)
  await other.close()
  return entries
}

describe('a log that is written anew', () => {
  it('has what was acknowledged before, and then what came meanwhile', async () => {
    const known = new Map<string, number>()
    const set = async (key: string, value: number): Promise<void> => {
      await log.append({ key, value })
      known.set(key, value)
    }
    const before = Array.from({ length: 50 }, (_, at) => set(`before-${at}`, at))
    const rewriting = log.rewrite(() => [...known].map(([key, value]) => ({ key, value })))
    const meanwhile = Array.from({ length: 50 }, (_, at) => set(`meanwhile-${at}`, at))
    await Promise.all([...before, rewriting, ...meanwhile])
    await set('after', 1)

    expect(new Map((await kept()).map(({ key, value }) => [key, value]))).toEqual(known)
    expect(await readdir(folder)).toEqual(['log.jsonl'])
  })

  it('stays as it is when that fails, and goes on', async () => {
    await log.append({ key: 'first', value: 1 })
    // Nothing can be written where a folder stands.
    await mkdir(`${path}.next`)

    await expect(log.rewrite(() => [])).rejects.toThrow()
    await log.append({ key: 'second', value: 2 })
    await rmdir(`${path}.next`)

    expect((await kept()).map(({ key }) => key)).toEqual(['first', 'second'])
  })
})

describe('a log in use', () => {
  async function startCompaction(
    living: Map<string, Entry>,
    onError = (error: unknown): void => expect.fail(String(error)),
  ) {
    const compaction = new Compaction(log, () => [...living.values()], onError)
    await compaction.opened((await read(log)).length)
    return async (entry: Entry): Promise<void> => {
      await log.append(entry)
      living.set(entry.key, entry)
      compaction.grew()
    }
  }

  it('does not grow with what no longer counts', async () => {
    const living = new Map<string, Entry>()
    const keep = await startCompaction(living)
    await Promise.all(Array.from({ length: 5_000 }, (_, value) => keep({ key: String(value % 10), value })))
    await vi.waitFor(async () => expect((await kept()).length).toBeLessThan(2_100))

    const last = new Map((await kept()).map((entry) => [entry.key, entry]))
    expect(last).toEqual(living)
  })

  it('tells when it cannot be written anew', async () => {
    const errors: unknown[] = []
    const keep = await startCompaction(new Map(), (error) => errors.push(error))
    await mkdir(`${path}.next`)

    await Promise.all(Array.from({ length: 1_200 }, (_, value) => keep({ key: 'a', value })))
    await vi.waitFor(() => expect(errors).toHaveLength(1))
    await rmdir(`${path}.next`)

    expect((await readFile(path, 'utf8')).trim().split('\n')).toHaveLength(1_200)
  })
})
