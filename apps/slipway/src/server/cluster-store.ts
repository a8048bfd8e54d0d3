import { statSync } from 'node:fs'
import { UserError } from '@slipway/errors'
import { openSqliteRevisionStore, type SqliteRevisionStore } from '@slipway/storage'
import type { DataFolder } from '../data-folder.ts'
import { CERTIFICATES } from './certificates.ts'

const DATABASE = 'cluster.db'

/**
 * The state of the embedded cluster. Its first start makes the database, then the certificates, then a kubeconfig: where one is
 * gone or empty and what came after it is there, it was lost, and a new one would hide that. Throws UserError DATA_FILE_LOST.
 */
export async function openClusterStore(folder: DataFolder): Promise<SqliteRevisionStore> {
  const hasCertificates = isThere(folder, CERTIFICATES)
  if (hasCertificates && !isThere(folder, DATABASE)) {
    throw lost(folder, DATABASE, `remove ${CERTIFICATES}, too, to begin with an empty cluster`)
  }
  const store = await openSqliteRevisionStore(folder.file(DATABASE))
  // A folder that worked on somebody else's cluster before has a kubeconfig, but no state.
  if (hasCertificates || store.revision() === 0 || !isThere(folder, 'kubeconfig')) return store
  await store.close()
  throw lost(folder, CERTIFICATES, 'remove kubeconfig, too, to have new certificates, and hand kubeconfigs out anew')
}

const isThere = (folder: DataFolder, name: string): boolean =>
  (statSync(folder.file(name), { throwIfNoEntry: false })?.size ?? 0) > 0

function lost(folder: DataFolder, name: string, otherwise: string): UserError {
  return new UserError('DATA_FILE_LOST', `${folder.file(name)} is gone or empty, though the folder was in use`, {
    hint: `restore it from a backup; or ${otherwise}`,
  })
}
