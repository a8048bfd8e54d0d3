import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { CompactedError, openSqliteRevisionStore } from './index.ts'
import { runRevisionStoreContract } from './revision-store.contract.ts'
import { openDatabase, openError } from './sqlite-database.ts'
import { SqliteRevisionStore } from './sqlite-revision-store.ts'
import { WriteAheadLog } from './write-ahead-log.ts'

let folder: string
let files = 0
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'revision-store-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))
const newFile = () => join(folder, `${files++}.db`)

runRevisionStoreContract('SqliteRevisionStore', () => openSqliteRevisionStore(newFile()))

describe('SqliteRevisionStore', () => {
  it('has state, history and revision again after it was opened anew', async () => {
    const file = newFile()
    const first = await openSqliteRevisionStore(file)
    await first.create('/a', '1')
    await first.update('/a', '2', 1)
    await first.create('/b', 'x')
    await first.delete('/b', 3)
    await first.close()

    const second = await openSqliteRevisionStore(file)
    const events: unknown[] = []
    second.watch('/', 1, (event) => events.push([event.type, event.revision, event.previous?.value]))

    expect(second.get('/a')).toEqual({ key: '/a', value: '2', createRevision: 1, modRevision: 2 })
    expect(second.list('/', { revision: 3 }).entries.map((entry) => entry.key)).toEqual(['/a', '/b'])
    expect(events).toEqual([
      ['put', 2, '1'],
      ['put', 3, undefined],
      ['delete', 4, 'x'],
    ])
    await second.close()
  })

  it('never gives a revision twice, even when compaction took the newest row', async () => {
    const file = newFile()
    const first = await openSqliteRevisionStore(file)
    await first.create('/a', '1')
    await first.delete('/a', 1)
    await first.compact(2)
    await first.close()

    const second = await openSqliteRevisionStore(file)

    expect(() => second.watch('/', 1, () => {})).toThrow(CompactedError)
    expect(await second.create('/b', 'x')).toMatchObject({ modRevision: 3 })
    await second.close()
  })

  it('stays small under endless updates of one key', async () => {
    const file = newFile()
    const store = await openSqliteRevisionStore(file, { revisions: 100 })
    await store.create('/a', '0')
    for (let n = 1; n < 1000; n++) await store.update('/a', String(n), n)
    await store.close()

    const again = await openSqliteRevisionStore(file)

    expect(again.get('/a')).toEqual({ key: '/a', value: '999', createRevision: 1, modRevision: 1000 })
    expect(() => again.watch('/', 800, () => {})).toThrow(CompactedError)
    await again.close()
  })

  it('folds its log into the one file as it goes', async () => {
    const file = newFile()
    const store = await openSqliteRevisionStore(file)
    for (let n = 0; n < 40; n++) await store.create(`/${n}`, 'x'.repeat(1_000_000))

    expect((await stat(`${file}-wal`)).size).toBeLessThan(10_000_000)
    expect((await stat(file)).size).toBeGreaterThan(30_000_000)
    await store.close()
  })

  it('refuses a file that is open already, and one that is no database', async () => {
    const file = newFile()
    const store = await openSqliteRevisionStore(file)
    const text = newFile()
    await writeFile(text, 'not a database, but long enough to be read as the header of one'.repeat(100))

    await expect(openSqliteRevisionStore(file)).rejects.toMatchObject({ code: 'DATA_DIR_IN_USE' })
    await expect(openSqliteRevisionStore(text)).rejects.toMatchObject({ code: 'DATABASE_UNREADABLE' })
    await store.close()
  })

  it('refuses a database with damaged pages, and one that a full disk does not let it open', async () => {
    const file = newFile()
    const store = await openSqliteRevisionStore(file)
    for (let n = 0; n < 40; n++) await store.create(`/${n}`, 'x'.repeat(1000))
    await store.close()
    const bytes = await readFile(file)
    await writeFile(file, bytes.fill(0xff, 3 * 4096, 6 * 4096))

    await expect(openSqliteRevisionStore(file)).rejects.toMatchObject({ code: 'DATABASE_UNREADABLE' })
    // As SQLite says it.
    expect(openError(new Error('database or disk is full'), file).code).toBe('STORE_WRITE_FAILED')
  })

  it('shows and acknowledges a write when it is on the disk, not before', async () => {
    const { store, log } = await openWithSlowDisk(newFile())
    const seen: number[] = []
    store.watch('/', 0, (event) => seen.push(event.revision))
    let acknowledged = false

    const write = store.create('/a', '1').then(() => {
      acknowledged = true
    })
    const finish = await log.syncing()

    expect([acknowledged, store.get('/a'), store.revision(), seen]).toEqual([false, undefined, 0, []])
    finish()
    await write
    expect([acknowledged, store.get('/a')?.value, store.revision(), seen]).toEqual([true, '1', 1, [1]])
    await store.close()
  })

  it('lets what comes while the disk works share the next transaction', async () => {
    const { store, log } = await openWithSlowDisk(newFile())

    const first = store.create('/a', '1')
    const finishFirst = await log.syncing()
    const rest = [store.update('/a', '2', 1), store.update('/a', 'lost', 1), store.create('/b', '1')]
    finishFirst()
    const finishRest = await log.syncing()
    finishRest()

    expect((await first)?.modRevision).toBe(1)
    expect((await Promise.all(rest)).map((entry) => entry?.modRevision)).toEqual([2, undefined, 3])
    await store.close()
  })

  it('takes no more writes when one could not be synced, and has what is on the disk after it was opened anew', async () => {
    const file = newFile()
    const { store, log } = await openWithSlowDisk(file)
    await acknowledge(log, store.create('/a', '1'))

    const failing = store.create('/b', '1')
    const finish = await log.syncing()
    finish(new Error('EIO: i/o error, fdatasync'))

    await expect(failing).rejects.toMatchObject({ code: 'STORE_WRITE_FAILED' })
    await expect(store.create('/c', '1')).rejects.toMatchObject({ code: 'STORE_WRITE_FAILED' })
    expect(store.list('/').entries.map(({ key }) => key)).toEqual(['/a'])
    await store.close()
    const again = await openSqliteRevisionStore(file)
    expect(again.get('/a')?.value).toBe('1')
    await again.close()
  })

  it('takes writes again when a disk that was full, when it folded its log too, has room again', async () => {
    const file = newFile()
    const script = `
      import { execFileSync } from 'node:child_process'
      import { openSqliteRevisionStore } from ${JSON.stringify(join(import.meta.dirname, 'index.ts'))}
      const limit = (size) => execFileSync('prlimit', ['--pid', process.pid, '--fsize=' + size + ':unlimited'])
      const store = await openSqliteRevisionStore(process.argv[1])
      limit(6_000_000)
      const outcomes = []
      for (let n = 0; n < 40; n++) {
        if (n === 30) limit('unlimited')
        outcomes.push(await store.create('/' + n, 'x'.repeat(500_000)).then(() => 'done', (error) => error.code))
      }
      console.log(JSON.stringify(outcomes))
      await store.close()`
    const args = ['--import', 'tsx', '--input-type=module', '-e', script, file]
    const outcomes: string[] = JSON.parse((await promisify(execFile)(process.execPath, args)).stdout)

    expect(outcomes.slice(0, 30)).toContain('STORE_WRITE_FAILED')
    expect(outcomes.slice(30)).toEqual(Array.from({ length: 10 }, () => 'done'))
    const store = await openSqliteRevisionStore(file)
    expect(store.list('/').entries).toHaveLength(outcomes.filter((outcome) => outcome === 'done').length)
    await store.close()
  })

  it('loses no acknowledged write to kill -9, and locks out other processes meanwhile', async () => {
    const file = newFile()
    const script = `
      import { openSqliteRevisionStore } from ${JSON.stringify(join(import.meta.dirname, 'index.ts'))}
      const store = await openSqliteRevisionStore(process.argv[1])
      for (let n = store.revision(); ; n += 10) {
        await Promise.all(Array.from({ length: 10 }, async (_, i) => {
          await store.create('/' + (n + i), 'x'.repeat(500))
          process.stdout.write('/' + (n + i) + '\\n')
        }))
      }`
    const acknowledged: string[] = []
    for (let round = 1; round <= 3; round++) {
      const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', script, file], {
        stdio: ['ignore', 'pipe', 'inherit'],
      })
      const lines = createInterface({ input: child.stdout })
      const closed = once(lines, 'close')
      // Counted anew each round: what the last one wrote until it was dead comes on top of its 300.
      let written = 0
      await new Promise<void>((resolve) => {
        lines.on('line', (line) => {
          acknowledged.push(line)
          if (++written === 300) resolve()
        })
      })
      if (round === 1) await expect(openSqliteRevisionStore(file)).rejects.toMatchObject({ code: 'DATA_DIR_IN_USE' })
      child.kill('SIGKILL')
      await closed
    }

    const store = await openSqliteRevisionStore(file)
    const lost = acknowledged.filter((key) => store.get(key) === undefined)

    expect(acknowledged.length).toBeGreaterThanOrEqual(900)
    expect(lost).toEqual([])
    await store.close()
  })
})

/** A write-ahead log whose syncs end when the test says so. */
class SlowLog extends WriteAheadLog {
  readonly #syncs: ((error?: Error) => void)[] = []
  readonly #waiting: ((finish: (error?: Error) => void) => void)[] = []

  override sync(): Promise<void> {
    return new Promise((resolve, reject) => {
      const finish = (error?: Error): void => (error ? reject(error) : resolve())
      const waiting = this.#waiting.shift()
      if (waiting) waiting(finish)
      else this.#syncs.push(finish)
    })
  }

  /** Resolves when a sync has begun, to the function that ends it. */
  async syncing(): Promise<(error?: Error) => void> {
    return this.#syncs.shift() ?? new Promise((resolve) => this.#waiting.push(resolve))
  }
}

async function openWithSlowDisk(file: string): Promise<{ store: SqliteRevisionStore; log: SlowLog }> {
  const database = await openDatabase(file)
  const log = new SlowLog(file)
  return { store: new SqliteRevisionStore(database, { log, unlock: () => {}, limits: {} }), log }
}

async function acknowledge(log: SlowLog, write: Promise<unknown>): Promise<void> {
  const finish = await log.syncing()
  finish()
  await write
}
