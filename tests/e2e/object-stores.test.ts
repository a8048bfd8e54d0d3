import { randomUUID } from 'node:crypto'
import { buffer } from 'node:stream/consumers'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openAzureBucket } from '../../packages/storage/src/blobs/azure-bucket.ts'
import { describeBlobStore } from '../../packages/storage/src/blobs/blob-store.contract.ts'
import { BucketAddress } from '../../packages/storage/src/blobs/bucket-address.ts'
import { openS3Bucket } from '../../packages/storage/src/blobs/s3-bucket.ts'
import { openObjectBlobStore } from '../../packages/storage/src/index.ts'
import { haveObjectStores, type ObjectStoreServer, startAzure, startS3 } from './object-stores/servers.ts'

const KINDS = [
  {
    scheme: 'azure',
    start: startAzure,
    open: openAzureBucket,
    who: 'AZURE_STORAGE_ACCOUNT',
    credential: 'AZURE_STORAGE_KEY',
  },
  // s3rver looks at who signed, not at the signature.
  { scheme: 's3', start: startS3, open: openS3Bucket, who: 'AWS_ACCESS_KEY_ID', credential: 'AWS_ACCESS_KEY_ID' },
]

describe.skipIf(!haveObjectStores).each(KINDS)('$scheme', ({ scheme, start, open, who, credential }) => {
  let server: ObjectStoreServer
  beforeAll(async () => {
    server = await start()
  })
  afterAll(() => server.stop())

  describeBlobStore(scheme, async () => {
    const url = `${scheme}://blobs/${randomUUID()}`
    const { environment } = server
    const reopen = () => openObjectBlobStore(url, { environment, owner: 'this' })
    return {
      store: await reopen(),
      reopen,
      async spoil(key, at) {
        const bucket = await open(new BucketAddress(url, environment))
        const name = `blobs/${key.replace(':', '/')}`
        const content = await bucket.get(name)
        const bytes = content ? await buffer(content) : Buffer.alloc(0)
        bytes[at] = (bytes[at] ?? 0) ^ 0x40
        await bucket.put(name, bytes)
      },
    }
  })

  it('is for one registry at a time', async () => {
    const url = `${scheme}://blobs/${randomUUID()}`
    await openObjectBlobStore(url, { environment: server.environment, owner: 'one' })

    const other = openObjectBlobStore(url, { environment: server.environment, owner: 'other' })

    await expect(other).rejects.toMatchObject({ code: 'BLOB_STORE_OWNED' })
  })

  it('says what is wrong with an address, and never what the credential is', async () => {
    const { environment } = server
    const opened = (url: string, more: Record<string, string> = {}) =>
      openObjectBlobStore(url, { environment: { ...environment, ...more }, owner: 'this' })
    const wrong = Buffer.from('not the one that is known').toString('base64')

    await expect(opened(`${scheme}://nowhere`)).rejects.toMatchObject({ code: 'BLOB_STORE_CONFIG' })
    await expect(opened(`${scheme}://blobs`, { [who]: '' })).rejects.toMatchObject({ code: 'BLOB_STORE_CONFIG' })
    const denied = await opened(`${scheme}://blobs`, { [credential]: wrong }).catch((error: unknown) => error)
    expect(denied).toMatchObject({ code: 'BLOB_STORE_DENIED' })
    expect(String(denied)).not.toContain(wrong)
  })
})
