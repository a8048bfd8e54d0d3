import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openSqliteRevisionStore } from '@slipway/storage'
import { expect, it } from 'vitest'
import { startTestServer } from './testing/test-server.ts'

it('says why the store takes no write', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'store-faults-'))
  const store = await openSqliteRevisionStore(join(folder, 'cluster.db'))
  const api = await startTestServer({ store, onError: () => {} })
  await store.close()

  const { status, body } = await api.call('POST', '/api/v1/namespaces', { body: { metadata: { name: 'a' } } })

  expect(status).toBe(500)
  expect(body).toEqual({
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message: 'the store is closed',
    code: 500,
  })
  await api.stop()
  await rm(folder, { recursive: true })
})
