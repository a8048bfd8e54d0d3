import { afterAll, beforeAll, expect, it } from 'vitest'
import { startTestServer, type TestServer } from '../testing/test-server.ts'

let api: TestServer
let now = new Date('2030-01-01T00:00:00Z')
beforeAll(async () => {
  api = await startTestServer({ now: () => now })
})
afterAll(() => api.stop())

it('a volume says since when it is what it is', async () => {
  const spec = { accessModes: ['ReadWriteOnce'], capacity: { storage: '1Gi' }, hostPath: { path: '/x' } }
  const volumes = '/api/v1/persistentvolumes'
  await api.call('POST', volumes, { body: { metadata: { name: 'v' }, spec } })
  const become = async (status: object) => {
    const type = 'application/merge-patch+json'
    const { body } = await api.call('PATCH', `${volumes}/v/status`, { body: { status }, type })
    return body.status.lastPhaseTransitionTime
  }
  now = new Date('2030-01-02T00:00:00Z')

  const available = await become({ phase: 'Available' })
  now = new Date('2030-01-03T00:00:00Z')
  const same = await become({ phase: 'Available', message: 'x', lastPhaseTransitionTime: null })
  const told = await become({ phase: 'Bound', lastPhaseTransitionTime: '2029-01-01T00:00:00Z' })

  expect([available, same, told]).toEqual(['2030-01-02T00:00:00Z', '2030-01-02T00:00:00Z', '2029-01-01T00:00:00Z'])
})

it('fields of features that are off are taken and not kept', async () => {
  const container = (name: string) => ({ name, image: 'x', restartPolicy: 'Always', restartPolicyRules: [] })
  const never = { ...container('never'), restartPolicy: 'Never' }
  const spec = {
    hostnameOverride: 'Not A Name',
    containers: [container('c')],
    initContainers: [container('sidecar'), never],
  }

  const pod = await api.call('POST', '/api/v1/namespaces/default/pods', { body: { metadata: { name: 'p' }, spec } })

  expect(pod.status).toBe(201)
  const { hostnameOverride, containers, initContainers } = pod.body.spec
  expect([hostnameOverride, containers[0].restartPolicy, containers[0].restartPolicyRules]).toEqual([
    undefined,
    undefined,
    undefined,
  ])
  expect(initContainers.map(({ restartPolicy }: { restartPolicy?: string }) => restartPolicy)).toEqual([
    'Always',
    undefined,
  ])
})
