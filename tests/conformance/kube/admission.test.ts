import { beforeAll, describe, expect, it } from 'vitest'
import { call, useCluster } from './cluster.ts'

const place = useCluster()
const pods = () => `/api/v1/namespaces/${place.namespace}/pods`

beforeAll(async () => {
  await call('POST', `/api/v1/namespaces/${place.namespace}/serviceaccounts`, {
    body: { metadata: { name: 'default' } },
  })
})

describe('a pod that is to be made', () => {
  it.each([
    [{ preemptionPolicy: 'Never' }, 'the string value of PreemptionPolicy (Never) must not be provided in pod spec'],
    [{ priority: 7 }, 'the integer value of priority (7) must not be provided in pod spec'],
    [{ overhead: { cpu: '1' } }, 'Pod Overhead set without corresponding RuntimeClass defined Overhead'],
    [{ priorityClassName: 'none' }, 'no PriorityClass with name none was found'],
    [{ serviceAccountName: 'none' }, 'serviceaccount "none" not found'],
  ])('says nothing of what is not its own to say: %j', async (more, text) => {
    const spec = { automountServiceAccountToken: false, containers: [{ name: 'c', image: 'x:1' }], ...more }
    const { status, body } = await call('POST', pods(), { body: { metadata: { generateName: 'refused-' }, spec } })

    expect(status).toBe(403)
    expect(body.message).toMatch(/^pods "refused-.*" is forbidden: /)
    expect(body.message).toContain(text)
  })
})

describe('a Namespace', () => {
  it('keeps the finalizers that it is made with, and shows no time when it is deleted again', async () => {
    const name = `held-${place.namespace}`
    const spec = { finalizers: ['conformance.example/hold'] }
    const { body } = await call('POST', '/api/v1/namespaces', { body: { metadata: { name }, spec } })
    expect(body.spec.finalizers).toEqual(['conformance.example/hold', 'kubernetes'])

    for (const _ of [1, 2]) {
      const { metadata } = (await call('DELETE', `/api/v1/namespaces/${name}`)).body
      expect(metadata.deletionTimestamp).toEqual(expect.any(String))
      expect(metadata.deletionGracePeriodSeconds).toBeUndefined()
    }
    const finalized = { apiVersion: 'v1', kind: 'Namespace', metadata: { name }, spec: { finalizers: [] } }
    await call('PUT', `/api/v1/namespaces/${name}/finalize`, { body: finalized })
  })
})
