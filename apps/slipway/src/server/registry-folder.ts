import { type MetadataLog, openFileMetadataLog, openSigningKey } from '@slipway/registry'
import { type BlobStore, lockFolder, openFileBlobStore } from '@slipway/storage'
import type { DataFolder } from '../data-folder.ts'
import type { Lifecycle } from './lifecycle.ts'

/** What a registry keeps. */
export interface RegistryFolder {
  blobs: BlobStore
  metadata: MetadataLog
  signingKey: Uint8Array
}

/** Opens `registry/` of a data folder for this process alone: the same whether the registry runs by itself or with everything else. */
export async function openRegistryFolder(folder: DataFolder, lifecycle: Lifecycle): Promise<RegistryFolder> {
  const root = folder.folder('registry')
  lifecycle.add('registry lock', await lockFolder(root))
  const metadata = await openFileMetadataLog(root)
  lifecycle.add('registry', () => metadata.close())
  return {
    metadata,
    blobs: await openFileBlobStore(folder.folder('registry', 'blobs')),
    signingKey: await openSigningKey(folder.file('registry', 'signing-key')),
  }
}
