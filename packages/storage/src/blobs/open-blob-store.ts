import { text } from 'node:stream/consumers'
import { UserError } from '@slipway/errors'
import type { BlobStore } from './blob-store.ts'
import type { Bucket } from './bucket.ts'
import { BucketAddress, type Environment } from './bucket-address.ts'
import { ObjectBlobStore } from './object-blob-store.ts'

export interface ObjectStoreOptions {
  /** Where credentials are; they are never part of an address. */
  environment: Environment
  /** Says whose blobs these are. */
  owner: string
}

/**
 * The blob store at `azure://CONTAINER/PREFIX` or `s3://BUCKET/PREFIX`. What it needs of a cloud is loaded only here. Throws UserError
 * BLOB_STORE_CONFIG, BLOB_STORE_DENIED, BLOB_STORE_OWNED and TransientError BLOB_STORE_UNREACHABLE.
 */
export async function openObjectBlobStore(url: string, options: ObjectStoreOptions): Promise<BlobStore> {
  const address = new BucketAddress(url, options.environment)
  const bucket = await openBucket(address)
  await claim(bucket, options.owner, url)
  await bucket.removeLeftovers()
  return new ObjectBlobStore(bucket)
}

async function openBucket(address: BucketAddress): Promise<Bucket> {
  const scheme = address.url.slice(0, address.url.indexOf(':'))
  switch (scheme) {
    case 'azure':
      return (await import('./azure-bucket.ts')).openAzureBucket(address)
    case 's3':
      return (await import('./s3-bucket.ts')).openS3Bucket(address)
    default:
      throw new UserError('BLOB_STORE_CONFIG', `${address.url}: ${scheme} is no kind of blob store`, {
        hint: 'azure:// and s3:// are',
      })
  }
}

/** A second registry would take what the first one refers to for garbage, so each has a prefix to itself. */
async function claim(bucket: Bucket, owner: string, url: string): Promise<void> {
  const found = await bucket.get('owner')
  const present = found && (await text(found))
  if (present === undefined) return bucket.put('owner', Buffer.from(owner))
  if (present === owner) return
  throw new UserError('BLOB_STORE_OWNED', `${url} belongs to a registry with another data folder`, {
    hint: 'give each registry its own prefix; when its data folder was restored, delete the object "owner"',
  })
}
