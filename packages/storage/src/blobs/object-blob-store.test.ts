import { MemoryBucket } from '../testing/memory-bucket.ts'
import { describeBlobStore } from './blob-store.contract.ts'
import { ObjectBlobStore } from './object-blob-store.ts'

describeBlobStore('objects', async () => {
  const bucket = new MemoryBucket()
  return {
    store: new ObjectBlobStore(bucket),
    reopen: async () => new ObjectBlobStore(bucket),
    async spoil(key, at) {
      const bytes = bucket.objects.get(`blobs/${key.replace(':', '/')}`)
      if (bytes) bytes[at] = (bytes[at] ?? 0) ^ 0x40
    },
  }
})
