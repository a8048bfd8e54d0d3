import { rmSync } from 'node:fs'
import { closeDatabase, type Database, openExistingDatabase } from './sqlite-database.ts'

/**
 * By how much a copy is ahead of its original, which goes on after it: more revisions than the original makes before the copy takes its
 * place. Clients that saw later versions than the copy has would wait for ever otherwise (`etcdctl snapshot restore --bump-revision`).
 */
const AHEAD = 1_000_000_000

/**
 * Writes the newest state of a revision store's file to another file, also while a server works on it: one moment's state, without its
 * history. Whoever watched the original lists anew on the copy. Throws what `openDatabase` throws.
 */
export async function copyRevisionStore(file: string, target: string): Promise<void> {
  rmSync(target, { force: true })
  const original = await openExistingDatabase(file)
  try {
    // One read transaction; a writer goes on meanwhile (sqlite.org/lang_vacuum.html).
    original.prepare('VACUUM INTO ?').run(target)
  } finally {
    original.close()
  }
  const copy = await openExistingDatabase(target)
  try {
    forgetHistory(copy)
  } finally {
    closeDatabase(copy)
  }
}

function forgetHistory(database: Database): void {
  database.exec(`
    DELETE FROM log WHERE deleted = 1 OR revision NOT IN (SELECT max(revision) FROM log GROUP BY key);
    INSERT OR REPLACE INTO compaction (id, revision, newest)
      SELECT 1, newest + ${AHEAD}, newest + ${AHEAD}
      FROM (SELECT max(ifnull((SELECT max(revision) FROM log), 0), ifnull((SELECT newest FROM compaction), 0)) AS newest);
  `)
}
