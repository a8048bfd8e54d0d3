/** Our registry alone, in a process of its own: `serve.ts DIR`. Prints its address when it answers. */
import { HttpServer } from '../../packages/http-server/src/index.ts'
import { createRegistry, openFileMetadataLog } from '../../packages/registry/src/index.ts'
import { openFileBlobStore } from '../../packages/storage/src/index.ts'

const [, , dir = ''] = process.argv
const { routes } = await createRegistry({
  blobs: await openFileBlobStore(dir),
  metadata: await openFileMetadataLog(dir),
  authenticator: { authenticate: async () => ({ name: 'bench', role: 'admin' }) },
  hostName: 'registry.test',
  signingKey: Buffer.alloc(32, 7),
})
const server = new HttpServer({ routes, onError: (error) => console.error(error) })
await server.start(0)
console.log(`http://127.0.0.1:${server.address().port}`)
