import { close, fdatasync, openSync } from 'node:fs'
import { promisify } from 'node:util'
import type { Database } from './sqlite-database.ts'

const syncFile = promisify(fdatasync)
const closeFile = promisify(close)

/**
 * The write-ahead log of an open SQLite database, synced and folded apart from the commits. SQLite's own syncs (synchronous=FULL, and
 * those of a checkpoint) are the same system calls on the same files, but stop the event loop for as long as the disk takes.
 */
export class WriteAheadLog {
  readonly #log: number
  readonly #database: number

  /** The log exists as soon as something was written in WAL mode, and is one file until the database is closed. */
  constructor(database: string) {
    this.#log = openSync(`${database}-wal`, 'r+')
    this.#database = openSync(database, 'r+')
  }

  /** Resolves when every transaction that was committed before the call is on the disk. */
  sync(): Promise<void> {
    return syncFile(this.#log)
  }

  /**
   * Writes what the log holds into the database file and resolves when that is on the disk: the next transaction overwrites the log,
   * so none may begin before. Without syncs in between SQLite only copies pages, within milliseconds. Where the disk has no room for
   * them the log stays as it was, and grows until a later fold comes to its end.
   */
  async fold(database: Database): Promise<void> {
    await this.sync()
    if (copyPages(database)) await syncFile(this.#database)
  }

  /** To be called when the database is closed: a process loses its locks on a file with the first of its descriptors (fcntl(2)). */
  async close(): Promise<void> {
    await closeFile(this.#log)
    await closeFile(this.#database)
  }
}

/** False when they could not all be copied: SQLite then reads from the log, also what it has of them in the file. */
function copyPages(database: Database): boolean {
  database.exec('PRAGMA synchronous = OFF')
  try {
    database.exec('PRAGMA wal_checkpoint(PASSIVE)')
    return true
  } catch {
    return false
  } finally {
    database.exec('PRAGMA synchronous = NORMAL')
  }
}
