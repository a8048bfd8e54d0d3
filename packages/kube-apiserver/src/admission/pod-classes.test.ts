import { afterAll, beforeAll, expect, it } from 'vitest'
import { startTestServer, type TestServer } from '../testing/test-server.ts'

const CLASSES = '/apis/scheduling.k8s.io/v1/priorityclasses'

let api: TestServer
beforeAll(async () => {
  api = await startTestServer()
})
afterAll(() => api.stop())

it('lets no second PriorityClass be the default', async () => {
  const priority = (name: string, globalDefault: boolean) => ({ metadata: { name }, value: 1, globalDefault })
  await api.call('POST', CLASSES, { body: priority('first', true) })
  await api.call('POST', CLASSES, { body: priority('other', false) })

  const second = await api.call('POST', CLASSES, { body: priority('second', true) })
  const turned = await api.call('PUT', `${CLASSES}/other`, { body: priority('other', true) })
  const same = await api.call('PUT', `${CLASSES}/first`, { body: priority('first', true) })

  const why = 'is forbidden: PriorityClass first is already marked as default. Only one default can exist'
  expect(second.body.message).toBe(`priorityclasses.scheduling.k8s.io "second" ${why}`)
  expect(turned.status).toBe(403)
  expect(same.status).toBe(200)
})
