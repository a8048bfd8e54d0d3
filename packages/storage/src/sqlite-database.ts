import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { messageOf, TransientError, UserError } from '@slipway/errors'

/** The part of Node's DatabaseSync that we use. */
export interface Database {
  exec(sql: string): void
  prepare(sql: string): Statement
  close(): void
}

export interface Statement {
  run(...values: (string | number | null)[]): unknown
  get(...values: (string | number | null)[]): unknown
  all(...values: (string | number | null)[]): unknown[]
}

/** Bumped when the tables change; a database of a later program is refused rather than misread. */
const SCHEMA_VERSION = 1

/**
 * Opens or creates a database with the tables of a revision log. Others may read it meanwhile; who may write it is `lockFile`'s to say.
 * Throws UserError DATABASE_UNREADABLE when it is no database or damaged, DATABASE_TOO_NEW when a later program wrote it.
 */
export function openDatabase(file: string): Promise<Database> {
  return openWith(file, prepareDatabase)
}

/** As openDatabase, of a file that is there already: no table is made. */
export async function openExistingDatabase(file: string): Promise<Database> {
  if (!existsSync(file)) throw openError(new Error('there is no such file'), file)
  return openWith(file, (database) => {
    checkDatabase(database, file)
    database.prepare('SELECT max(revision) FROM log').get()
  })
}

/**
 * Takes a folder for this process alone, until the function that comes back is called or the process ends in whatever way.
 * Throws UserError DATA_DIR_IN_USE when another process has it.
 */
export function lockFolder(dir: string): Promise<() => void> {
  return lockFile(join(dir, 'lock'), dir)
}

/** The same by a file of any name; `what` is told to whoever comes second. The lock is the system's, on a database that holds nothing. */
export async function lockFile(file: string, what: string): Promise<() => void> {
  const lock = await openWith(
    file,
    (database) => database.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE; COMMIT'),
    what,
  )
  return () => lock.close()
}

async function openWith(
  file: string,
  prepare: (database: Database, file: string) => void,
  what = file,
): Promise<Database> {
  const DatabaseSync = await databaseConstructor()
  let database: Database | undefined
  try {
    database = new DatabaseSync(file)
    prepare(database, file)
    return database
  } catch (error) {
    database?.close()
    throw error instanceof UserError ? error : openError(error, what)
  }
}

/** Node's own module from 22.13 on; the same code as a package before. */
async function databaseConstructor(): Promise<new (file: string) => Database> {
  try {
    // The name is a variable because bundlers and older type packages do not know the module.
    const name = 'node:sqlite'
    return (await import(name)).DatabaseSync
  } catch {
    return (await import('@photostructure/sqlite')).DatabaseSync as unknown as new (
      file: string,
    ) => Database
  }
}

function prepareDatabase(database: Database, file: string): void {
  checkDatabase(database, file)
  // NORMAL syncs at checkpoints only, which keeps the file whole; who needs a commit to last syncs the log.
  database.exec(`
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = NORMAL;
    CREATE TABLE IF NOT EXISTS log (
      revision INTEGER PRIMARY KEY, key TEXT NOT NULL, value TEXT NOT NULL, created INTEGER NOT NULL, deleted INTEGER NOT NULL
    );
    CREATE TABLE IF NOT EXISTS compaction (id INTEGER PRIMARY KEY CHECK (id = 1), revision INTEGER NOT NULL, newest INTEGER NOT NULL);
    PRAGMA user_version = ${SCHEMA_VERSION}
  `)
}

function checkDatabase(database: Database, file: string): void {
  // After a crash the first who opens it reads the log again, and another waits for that.
  database.exec('PRAGMA busy_timeout = 5000')
  const { user_version: version } = database.prepare('PRAGMA user_version').get() as { user_version: number }
  if (version > SCHEMA_VERSION) {
    throw new UserError('DATABASE_TOO_NEW', `${file} was written by a later version of this program`, {
      at: { file },
      hint: 'use that version, or another data directory',
    })
  }
}

/** Folds the write-ahead log into the one file, as far as no one else reads it just now and the disk has room. */
export function closeDatabase(database: Database): void {
  try {
    database.exec('PRAGMA wal_checkpoint(TRUNCATE)')
  } finally {
    database.close()
  }
}

/** Of a write that the disk refused. */
export function writeError(error: unknown): TransientError {
  return new TransientError('STORE_WRITE_FAILED', `the database refused a write: ${messageOf(error)}`, {
    hint: 'see that the disk has space and is writable',
    cause: error,
  })
}

/** Why a database could not be opened, or not be read through. */
export function openError(error: unknown, file: string): UserError | TransientError {
  const message = messageOf(error)
  // What it had to write to be opened; the data is whole.
  if (/disk is full/i.test(message)) return writeError(error)
  if (/locked|busy/i.test(message)) {
    return new UserError('DATA_DIR_IN_USE', `${file} is open in another process`, {
      at: { file },
      hint: 'stop the other server or choose another data directory',
      cause: error,
    })
  }
  // SQLITE_CANTOPEN and SQLITE_READONLY: of the folder or the file system, not of what is in the file.
  const isRefused = /unable to open|readonly/i.test(message)
  return new UserError('DATABASE_UNREADABLE', `${file} cannot be opened as a database: ${message}`, {
    at: { file },
    hint: isRefused
      ? 'see that it and its folder can be read and written, or choose another data directory'
      : 'restore it from a backup or choose another data directory',
    cause: error,
  })
}
