import { close, fdatasync, openSync } from 'node:fs'
import { promisify } from 'node:util'

const syncFile = promisify(fdatasync)
const closeFile = promisify(close)

/**
 * The write-ahead log of an open SQLite database, synced apart from the commits. SQLite's own sync (synchronous=FULL) is the same system
 * call at the same place, but stops the event loop for as long as the disk takes; with synchronous=NORMAL a commit only writes.
 */
export class WriteAheadLog {
  readonly #file: number

  /** The log exists as soon as something was written in WAL mode, and is one file until the database is closed. */
  constructor(database: string) {
    this.#file = openSync(`${database}-wal`, 'r+')
  }

  /** Resolves when every transaction that was committed before the call is on the disk. */
  sync(): Promise<void> {
    return syncFile(this.#file)
  }

  async close(): Promise<void> {
    await closeFile(this.#file)
  }
}
