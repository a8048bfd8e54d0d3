import { createHash } from 'node:crypto'
import { type MetadataLog, openFileMetadataLog, openSigningKey } from '@slipway/registry'
import { type BlobStore, lockFolder, openFileBlobStore, openObjectBlobStore } from '@slipway/storage'
import type { DataFolder } from '../data-folder.ts'
import type { Lifecycle } from './lifecycle.ts'

/** What a registry keeps. */
export interface RegistryFolder {
  blobs: BlobStore
  metadata: MetadataLog
  signingKey: Uint8Array
}

/**
 * Opens `registry/` of a data folder for this process alone: the same whether the registry runs by itself or with everything else.
 * `blobs` is where the bytes are, such as `azure://CONTAINER/PREFIX` or `s3://BUCKET/PREFIX`; in the folder too where it is not given.
 */
export async function openRegistryFolder(
  folder: DataFolder,
  lifecycle: Lifecycle,
  blobs: string | undefined,
): Promise<RegistryFolder> {
  const root = folder.folder('registry')
  lifecycle.add('registry lock', await lockFolder(root))
  const metadata = await openFileMetadataLog(root)
  lifecycle.add('registry', () => metadata.close())
  const signingKey = await openSigningKey(folder.file('registry', 'signing-key'))
  return {
    metadata,
    blobs:
      blobs === undefined
        ? await openFileBlobStore(folder.folder('registry', 'blobs'))
        : await openObjectBlobStore(blobs, { environment: process.env, owner: nameOf(signingKey) }),
    signingKey,
  }
}

/** What a registry is called where its blobs are: the same for one data folder, and nothing that its key could be told from. */
function nameOf(signingKey: Uint8Array): string {
  return createHash('sha256').update('owner of blobs').update(signingKey).digest('hex').slice(0, 32)
}
