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

it('gives a pod what its RuntimeClass tolerates, after what every pod does', async () => {
  const scheduling = { tolerations: [{ key: 'gpu', operator: 'Exists' }, { operator: 'Exists' }] }
  const runtime = { metadata: { name: 'special' }, handler: 'runc', scheduling }
  await api.call('POST', '/apis/node.k8s.io/v1/runtimeclasses', { body: runtime })
  const create = async (name: string, spec: object) => {
    const containers = [{ name: 'c', image: 'x' }]
    const body = { metadata: { name }, spec: { containers, ...spec } }
    return (await api.call('POST', '/api/v1/namespaces/default/pods', { body })).body.spec.tolerations
  }

  const plain = await create('plain', {})
  const special = await create('special', { runtimeClassName: 'special' })

  expect(plain.map(({ key }: { key: string }) => key)).toEqual([
    'node.kubernetes.io/not-ready',
    'node.kubernetes.io/unreachable',
  ])
  expect(special).toEqual([{ operator: 'Exists' }])
})

it('a pod that is replaced keeps the priority that it was given', async () => {
  const body = { metadata: { name: 'replaced' }, spec: { containers: [{ name: 'c', image: 'x' }] } }
  const pod = '/api/v1/namespaces/default/pods'
  const made = await api.call('POST', pod, { body })
  const { priority: _, preemptionPolicy: __, ...spec } = made.body.spec

  const replaced = await api.call('PUT', `${pod}/replaced`, {
    body: { ...made.body, metadata: { ...made.body.metadata, labels: { a: 'b' } }, spec },
  })

  expect(replaced.status).toBe(200)
  expect(replaced.body.spec).toEqual(made.body.spec)
})
