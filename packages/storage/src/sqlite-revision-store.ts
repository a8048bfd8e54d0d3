import { setImmediate as endOfTurn } from 'node:timers/promises'
import { SlipwayError, TransientError } from '@slipway/errors'
import { type HistoryLimits, RevisionIndex } from './revision-index.ts'
import type { Entry, ListOptions, ListResult, RevisionStore, StoreEvent } from './revision-store.ts'
import {
  closeDatabase,
  type Database,
  lockFile,
  openDatabase,
  openError,
  type Statement,
  writeError,
} from './sqlite-database.ts'
import { WriteAheadLog } from './write-ahead-log.ts'
import { eventOf, type Write } from './writes.ts'

interface PendingWrite extends Write {
  resolve(event: StoreEvent | undefined): void
  reject(error: unknown): void
}

/** The log is folded into the database when it is about so large, as SQLite does by itself after 1000 pages. */
const FOLDED_BYTES = 4 * 1024 * 1024
/** What a transaction writes besides its values, about. */
const TRANSACTION_BYTES = 8 * 1024

interface LogRow {
  revision: number
  key: string
  value: string
  created: number
  deleted: number
}

/** Opens or creates the database `file` for this process alone. Throws UserError DATA_DIR_IN_USE, and what `openDatabase` throws. */
export async function openSqliteRevisionStore(file: string, limits: HistoryLimits = {}): Promise<SqliteRevisionStore> {
  const unlock = await lockFile(`${file}.lock`, file)
  try {
    const database = await openDatabase(file)
    return new SqliteRevisionStore(database, { log: new WriteAheadLog(file), unlock, limits })
  } catch (error) {
    unlock()
    // A page that is damaged is found when it is read.
    throw error instanceof SlipwayError ? error : openError(error, file)
  }
}

/**
 * A RevisionStore in one SQLite file. The table is a log of revisions; the current state and recent history are also in memory, so
 * that reads never wait for the disk. Writes that come while the disk works share the next transaction. A write that the disk
 * refuses rejects with TransientError STORE_WRITE_FAILED and changes nothing; a disk that was full may be written to as soon as it has
 * room again. When a transaction can't be synced, nobody knows what is on the disk, and the store takes no more writes until it is
 * opened anew.
 */
export class SqliteRevisionStore implements RevisionStore {
  readonly #database: Database
  readonly #index: RevisionIndex
  readonly #insert: Statement
  readonly #forget: Statement
  readonly #mark: Statement
  readonly #log: WriteAheadLog
  readonly #unlock: () => void
  #pending: PendingWrite[] = []
  #unfolded = 0
  #committing: Promise<void> | undefined
  #failure: TransientError | undefined
  #closed = false

  constructor(
    database: Database,
    { log, unlock, limits }: { log: WriteAheadLog; unlock: () => void; limits: HistoryLimits },
  ) {
    this.#database = database
    this.#log = log
    this.#unlock = unlock
    this.#index = new RevisionIndex(limits)
    database.exec('PRAGMA wal_autocheckpoint = 0')
    this.#insert = database.prepare('INSERT INTO log (revision, key, value, created, deleted) VALUES (?, ?, ?, ?, ?)')
    this.#forget = database.prepare('DELETE FROM log WHERE revision = ?')
    this.#mark = database.prepare('INSERT OR REPLACE INTO compaction (id, revision, newest) VALUES (1, ?, ?)')
    this.#load()
  }

  get(key: string): Entry | undefined {
    return this.#index.get(key)
  }

  list(prefix: string, options?: ListOptions): ListResult {
    return this.#index.list(prefix, options)
  }

  watch(prefix: string, fromRevision: number, onEvent: (event: StoreEvent) => void): () => void {
    return this.#index.watch(prefix, fromRevision, onEvent)
  }

  revision(): number {
    return this.#index.revision()
  }

  async create(key: string, value: string): Promise<Entry | undefined> {
    return (await this.#enqueue({ type: 'put', key, value, expected: 0 }))?.entry
  }

  async update(key: string, value: string, expected: number): Promise<Entry | undefined> {
    if (expected === 0) return undefined
    return (await this.#enqueue({ type: 'put', key, value, expected }))?.entry
  }

  async delete(key: string, expected: number): Promise<number | undefined> {
    return (await this.#enqueue({ type: 'delete', key, value: '', expected }))?.revision
  }

  async compact(revision: number): Promise<void> {
    while (this.#committing) await this.#committing
    this.#transaction(() => this.#compact(revision))
  }

  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    await this.#committing
    try {
      closeDatabase(this.#database)
    } finally {
      await this.#log.close()
      this.#unlock()
    }
  }

  #enqueue(write: Write): Promise<StoreEvent | undefined> {
    if (this.#closed) return Promise.reject(new TransientError('STORE_CLOSED', 'the store is closed'))
    return new Promise((resolve, reject) => {
      this.#pending.push({ ...write, resolve, reject })
      this.#committing ??= this.#commitPending()
    })
  }

  async #commitPending(): Promise<void> {
    await endOfTurn()
    while (this.#pending.length > 0) {
      await this.#commit(this.#pending.splice(0))
      if (this.#unfolded >= FOLDED_BYTES) await this.#fold()
    }
    this.#committing = undefined
  }

  async #commit(writes: PendingWrite[]): Promise<void> {
    try {
      if (this.#failure) throw this.#failure
      const events = this.#transaction(() => this.#insertAll(writes))
      await this.#sync()
      for (const event of events) if (event) this.#index.apply(event)
      for (const event of events) if (event) this.#index.announce(event)
      for (const [index, write] of writes.entries()) write.resolve(events[index])
      const due = this.#index.dueCompaction()
      if (due !== undefined) this.#transaction(() => this.#compact(due))
    } catch (error) {
      for (const write of writes) write.reject(error)
    }
  }

  async #sync(): Promise<void> {
    try {
      await this.#log.sync()
    } catch (error) {
      this.#failure = writeError(error)
      throw this.#failure
    }
  }

  async #fold(): Promise<void> {
    this.#unfolded = 0
    try {
      await this.#log.fold(this.#database)
    } catch (error) {
      this.#failure = writeError(error)
    }
  }

  /** Later writes of the group see the earlier ones, although nothing is applied before the commit. */
  #insertAll(writes: PendingWrite[]): (StoreEvent | undefined)[] {
    const changed = new Map<string, Entry | undefined>()
    let revision = this.#index.revision()
    return writes.map((write) => {
      const current = changed.has(write.key) ? changed.get(write.key) : this.#index.get(write.key)
      const event = eventOf(write, current, revision + 1)
      if (!event) return undefined
      revision++
      const deleted = event.type === 'delete'
      this.#insert.run(
        revision,
        event.key,
        deleted ? '' : event.entry.value,
        event.entry.createRevision,
        deleted ? 1 : 0,
      )
      changed.set(event.key, deleted ? undefined : event.entry)
      this.#unfolded += event.entry.value.length
      return event
    })
  }

  /** A row goes when a later row of its key is forgotten history too; a tombstone goes with its history. */
  #compact(revision: number): void {
    for (const event of this.#index.compact(revision)) {
      if (event.previous) this.#forget.run(event.previous.modRevision)
      if (event.type === 'delete') this.#forget.run(event.revision)
      this.#unfolded += event.entry.value.length
    }
    this.#mark.run(Math.min(revision, this.#index.revision()), this.#index.revision())
  }

  #transaction<T>(work: () => T): T {
    this.#unfolded += TRANSACTION_BYTES
    try {
      this.#database.exec('BEGIN IMMEDIATE')
      const result = work()
      this.#database.exec('COMMIT')
      return result
    } catch (error) {
      this.#rollback()
      throw writeError(error)
    }
  }

  #rollback(): void {
    try {
      this.#database.exec('ROLLBACK')
    } catch {
      // No transaction was open: BEGIN itself failed, or SQLite had rolled back already.
    }
  }

  #load(): void {
    const mark = this.#database.prepare('SELECT revision, newest FROM compaction').get() as
      | { revision: number; newest: number }
      | undefined
    for (const row of this.#database.prepare('SELECT * FROM log ORDER BY revision').all() as LogRow[]) {
      const previous = this.#index.get(row.key)
      const write = { type: row.deleted ? 'delete' : 'put', key: row.key, value: row.value } as const
      const event = eventOf({ ...write, expected: previous?.modRevision ?? 0 }, previous, row.revision)
      if (event) this.#index.apply({ ...event, entry: { ...event.entry, createRevision: row.created } })
    }
    if (!mark) return
    this.#index.advanceTo(mark.newest)
    this.#index.compact(mark.revision)
  }
}
