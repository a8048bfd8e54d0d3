import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startTestServer, type TestServer } from '../testing/test-server.ts'
import type { Descriptions } from './descriptions.ts'

const DESCRIPTIONS: Descriptions = {
  IoK8sApiCoreV1ConfigMap: { description: 'A map.', fields: { data: 'What it holds.', gone: 'Of another version.' } },
  IoK8sApiCoreV1ObjectReference: { fields: { apiVersion: 'Of the referent.' } },
}

interface Schema {
  description?: string
  properties: Record<string, { description?: string }>
}

describe('what is said of kinds and fields', () => {
  let api: TestServer
  beforeAll(async () => {
    api = await startTestServer({ descriptions: async () => DESCRIPTIONS })
  })
  afterAll(() => api.stop())

  const schemas = async (path: string): Promise<Record<string, Schema>> => {
    const { body } = await api.call('GET', path)
    return body.definitions ?? body.components.schemas
  }

  it.each(['/openapi/v2', '/openapi/v3/api/v1'])('is in %s', async (path) => {
    const all = await schemas(path)
    const map = all['io.k8s.api.core.v1.ConfigMap']
    const reference = all['io.k8s.api.core.v1.ObjectReference']

    expect(map?.description).toBe('A map.')
    expect(map?.properties.data?.description).toBe('What it holds.')
    expect(map?.properties.kind?.description).toMatch(/^Kind is a string value/)
    expect(Object.keys(map?.properties ?? {})).not.toContain('gone')
    expect(reference?.properties.apiVersion?.description).toBe('Of the referent.')
    expect(reference?.properties.kind).not.toHaveProperty('description')
    expect(all['io.k8s.api.core.v1.Pod']).not.toHaveProperty('description')
  })

  it('is in the name of the document, which clients keep for good', async () => {
    const bare = await startTestServer()
    const [described, undescribed] = await Promise.all([api, bare].map((server) => server.call('GET', '/openapi/v3')))
    await bare.stop()

    const address = (answer: typeof described) => answer?.body.paths['api/v1'].serverRelativeURL
    expect(address(described)).not.toBe(address(undescribed))
  })
})
