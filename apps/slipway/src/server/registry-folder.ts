import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import {
  AuditFile,
  isBatch,
  isDelivery,
  openFileLog,
  openSigningKey,
  type RegistryOptions,
  requireFormat,
} from '@slipway/registry'
import { lockFolder, openFileBlobStore, openObjectBlobStore } from '@slipway/storage'
import type { DataFolder } from '../data-folder.ts'
import type { Lifecycle } from './lifecycle.ts'
import { logError } from './log.ts'

const UPLOAD_THREAD = new URL('./upload-thread.cjs', import.meta.url)

/** What a registry keeps. */
type Kept = Required<Pick<RegistryOptions, 'blobs' | 'metadata' | 'deliveries' | 'signingKey' | 'onAudit'>>

/**
 * Opens `registry/` of a data folder for this process alone: the same whether the registry runs by itself or with everything else.
 * `blobs` is where the bytes are, such as `azure://CONTAINER/PREFIX` or `s3://BUCKET/PREFIX`; in the folder too where it is not given.
 */
export async function openRegistryFolder(
  folder: DataFolder,
  lifecycle: Lifecycle,
  blobs: string | undefined,
): Promise<Kept> {
  const root = folder.folder('registry')
  lifecycle.add('registry lock', await lockFolder(root))
  await requireFormat(root)
  const metadata = await openFileLog(join(root, 'metadata.jsonl'), { isEntry: isBatch })
  // What one of its lines tells is no reason to keep everything else from being served.
  const onDamage = logError('webhooks: passed over')
  const deliveries = await openFileLog(join(root, 'webhooks.jsonl'), { isEntry: isDelivery, onDamage })
  const audit = new AuditFile(join(root, 'audit.jsonl'), logError('registry'))
  lifecycle.add('registry logs', () => Promise.all([metadata.close(), deliveries.close(), audit.close()]))
  const signingKey = await openSigningKey(join(root, 'signing-key'))
  return {
    metadata,
    deliveries,
    onAudit: (entry) => audit.add(entry),
    signingKey,
    blobs:
      blobs === undefined
        ? await openFileBlobStore(folder.folder('registry', 'blobs'), () => new Worker(UPLOAD_THREAD))
        : await openObjectBlobStore(blobs, { environment: process.env, owner: nameOf(signingKey) }),
  }
}

/** What a registry is called where its blobs are: the same for one data folder, and nothing that its key could be told from. */
function nameOf(signingKey: Uint8Array): string {
  return createHash('sha256').update('owner of blobs').update(signingKey).digest('hex').slice(0, 32)
}
