import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readdir, readFile, rm, rmdir, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Log } from '../port.ts'
import { Compaction } from './compaction.ts'
import { openFileLog } from './file-log.ts'

interface Entry {
  key: string
  value: number
}

const isEntry = (value: unknown): value is Entry => typeof (value as Partial<Entry> | null)?.key === 'string'

let folder: string
let path: string
let log: Log<Entry>
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'registry-log-'))
  path = join(folder, 'log.jsonl')
  log = await openFileLog(path, { isEntry })
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
  const other = await openFileLog(path, { isEntry })
  const entries = await read(other)
  await other.close()
  return entries
}

it('a log has texts with separators of lines in them', async () => {
  const entry = { key: 'one\u2028two\u2029three\nfour\u0085five', value: 1 }
  await log.append(entry)
  await log.append({ key: 'x'.repeat(3_000_000), value: 2 })

  expect(await kept()).toEqual([entry, { key: 'x'.repeat(3_000_000), value: 2 }])
})

it.each([
  ['can not be read', '{"key":"sec\0\0'],
  ['is JSON, but no entry', '{"kez":"second"}'],
  ['is null', 'null'],
])('a log with a line that %s throws, or tells of it and has the others', async (_, line) => {
  await writeFile(path, `{"key":"first","value":1}\n${line}\n{"key":"third","value":3}\n`)
  const damage = { code: 'REGISTRY_LOG_DAMAGED', at: { file: path, line: 2 } }
  const told: unknown[] = []

  const lenient = await openFileLog(path, { isEntry, onDamage: (error) => told.push(error) })
  const entries = await read(lenient)
  await lenient.close()

  await expect(read(log)).rejects.toMatchObject(damage)
  expect(entries.map(({ key }) => key)).toEqual(['first', 'third'])
  expect(told).toMatchObject([damage])
})

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

describe('a log', () => {
  it('takes an entry however soon after the one before it comes', async () => {
    for (let turns = 0; turns < 12; turns++) {
      let acknowledged = log.append({ key: 'before', value: turns })
      for (let turn = 0; turn < turns; turn++) acknowledged = acknowledged.then(() => {})
      await acknowledged.then(() => log.append({ key: 'behind', value: turns }))
    }

    expect(await kept()).toHaveLength(24)
  })
})

describe('a log on a disk that is full', () => {
  /** Runs a module's text with `openFileLog` where a file can have 64 KiB at most: what goes over it is taken in part. */
  async function onFullDisk(script: string): Promise<void> {
    const module = new URL('file-log.ts', import.meta.url).href
    const text = `const { openFileLog } = await import('${module}'); ${script}`
    const command = 'ulimit -f 64; exec "$0" --import tsx --input-type=module -e "$1"'
    await promisify(execFile)('bash', ['-c', command, process.execPath, text], { env: { ...process.env, LOG: path } })
  }

  it('acknowledges no entry that it has in part', async () => {
    await onFullDisk(`
      const log = await openFileLog(process.env.LOG, { isEntry: () => true })
      for (let key = 0; ; key++) {
        const isKept = await log.append({ key: String(key), value: 'x'.repeat(10_000) }).then(() => true, () => false)
        if (!isKept) break
      }
      await log.append({ key: 'small' })
    `)

    expect((await kept()).map(({ key }) => key)).toEqual(['0', '1', '2', '3', '4', '5', 'small'])
  })

  it('stays as it is when it can not be written anew', async () => {
    await log.append({ key: 'first', value: 1 })
    await onFullDisk(`
      const log = await openFileLog(process.env.LOG, { isEntry: () => true })
      await log.rewrite(() => [{ key: 'x'.repeat(100_000) }]).then(() => process.exit(1), () => {})
    `)

    expect(await kept()).toEqual([{ key: 'first', value: 1 }])
    expect(await readdir(folder)).toEqual(['log.jsonl'])
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
    await expect.poll(async () => (await kept()).length).toBeLessThan(2_100)

    const last = new Map((await kept()).map((entry) => [entry.key, entry]))
    expect(last).toEqual(living)
  })

  it('tells when it cannot be written anew', async () => {
    const errors: unknown[] = []
    const keep = await startCompaction(new Map(), (error) => errors.push(error))
    await mkdir(`${path}.next`)

    await Promise.all(Array.from({ length: 1_200 }, (_, value) => keep({ key: 'a', value })))
    await expect.poll(() => errors).toHaveLength(1)
    await rmdir(`${path}.next`)

    expect((await readFile(path, 'utf8')).trim().split('\n')).toHaveLength(1_200)
  })
})
