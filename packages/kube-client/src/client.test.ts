import { afterAll, beforeAll, expect, it } from 'vitest'
import type { KubeClient } from './client.ts'
import { MemoryApiServer } from './testing/memory-api-server.ts'

const kind = { apiVersion: 'v1', kind: 'ConfigMap' }
const server = new MemoryApiServer([{ ...kind, plural: 'configmaps' }])
let client: KubeClient

beforeAll(async () => {
  client = await server.start()
})
afterAll(async () => {
  await client.close()
  await server.stop()
})

it.each<[string, (client: KubeClient) => Promise<unknown>]>([
  ['get', (one) => one.get({ ...kind, namespace: 'apps', name: '' })],
  ['delete', (one) => one.delete({ ...kind, namespace: 'apps', name: '' })],
  ['patch', (one) => one.patch({ ...kind, namespace: 'apps', name: '' }, 'merge', {})],
  ['replace', (one) => one.replace({ ...kind, metadata: { namespace: 'apps', name: '' } })],
  ['apply', (one) => one.apply({ ...kind, metadata: { namespace: 'apps', name: '' } }, { fieldManager: 'test' })],
])('%s of an object without a name does not go to all objects of the kind', async (_what, act) => {
  await expect(act(client)).rejects.toMatchObject({
    code: 'KUBE_NAME_EMPTY',
    message: 'resource name may not be empty',
  })
})
