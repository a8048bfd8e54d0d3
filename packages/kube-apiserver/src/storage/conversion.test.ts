import { afterAll, beforeAll, expect, it } from 'vitest'
import { startTestServer, type TestServer } from '../testing/test-server.ts'

let api: TestServer
beforeAll(async () => {
  api = await startTestServer()
})
afterAll(() => api.stop())

it('shows an event of either group in the words of the other', async () => {
  const regarding = { kind: 'Pod', namespace: 'default', name: 'p' }
  const event = {
    metadata: { name: 'e' },
    eventTime: '2026-01-01T00:00:00.000000Z',
    regarding,
    note: 'hello',
    reason: 'Said',
    action: 'Say',
    type: 'Normal',
    reportingController: 'test',
    reportingInstance: 'test-1',
  }
  await api.call('POST', '/apis/events.k8s.io/v1/namespaces/default/events', { body: event })

  const core = await api.call('GET', '/api/v1/namespaces/default/events?fieldSelector=involvedObject.name%3Dp')
  const own = await api.call('GET', '/apis/events.k8s.io/v1/namespaces/default/events/e')

  expect(core.body.items[0]).toMatchObject({ involvedObject: regarding, message: 'hello', reportingComponent: 'test' })
  expect(own.body).toMatchObject({
    apiVersion: 'events.k8s.io/v1',
    kind: 'Event',
    regarding,
    note: 'hello',
    reportingController: 'test',
  })
})

it('shows an autoscaler of version 1 as version 2, and back', async () => {
  const spec = {
    maxReplicas: 3,
    scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'd' },
    targetCPUUtilizationPercentage: 70,
  }
  const path = (version: string) => `/apis/autoscaling/${version}/namespaces/default/horizontalpodautoscalers`
  await api.call('POST', path('v1'), { body: { metadata: { name: 'h' }, spec } })

  const v2 = await api.call('GET', `${path('v2')}/h`)
  const v1 = await api.call('GET', `${path('v1')}/h`)

  expect(v2.body.spec.metrics).toEqual([
    { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 70 } } },
  ])
  expect(v1.body).toMatchObject({ apiVersion: 'autoscaling/v1', spec: { ...spec, minReplicas: 1 } })
})

it('shows a dry run without a version, so that it can be created', async () => {
  const scaleTargetRef = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'd' }
  const path = '/apis/autoscaling/v1/namespaces/default/horizontalpodautoscalers'
  const body = { metadata: { name: 'dry' }, spec: { maxReplicas: 3, scaleTargetRef } }

  const tried = await api.call('POST', `${path}?dryRun=All`, { body })

  expect(tried.body.metadata).not.toHaveProperty('resourceVersion')
  expect((await api.call('POST', path, { body: tried.body })).status).toBe(201)
})

it('shows what an autoscaler of version 1 measures in version 2, and back', async () => {
  const scaleTargetRef = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'd' }
  const path = (version: string) => `/apis/autoscaling/${version}/namespaces/default/horizontalpodautoscalers`
  await api.call('POST', path('v1'), { body: { metadata: { name: 'm' }, spec: { maxReplicas: 3, scaleTargetRef } } })
  const status = { currentReplicas: 1, desiredReplicas: 1, currentCPUUtilizationPercentage: 42 }
  const type = 'application/merge-patch+json'

  const v1 = await api.call('PATCH', `${path('v1')}/m/status`, { body: { status }, type })
  const v2 = await api.call('GET', `${path('v2')}/m`)

  expect(v1.body.status).toEqual(status)
  expect(v2.body.status.currentMetrics).toMatchObject([
    { type: 'Resource', resource: { name: 'cpu', current: { averageUtilization: 42 } } },
  ])
})
