import { afterAll, beforeAll, describe, expect, it } from 'vitest'
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

describe('an autoscaler of version 2 in version 1', () => {
  const scaleTargetRef = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'd' }
  const path = (version: string) => `/apis/autoscaling/${version}/namespaces/default/horizontalpodautoscalers`
  const type = 'application/merge-patch+json'
  const selector = { matchLabels: { a: 'b' } }
  const metrics = [
    { type: 'Pods', pods: { metric: { name: 'p', selector }, target: { type: 'AverageValue', averageValue: '1k' } } },
    { type: 'Resource', resource: { name: 'memory', target: { type: 'Utilization', averageUtilization: 60 } } },
    {
      type: 'ContainerResource',
      containerResource: { name: 'cpu', container: 'c', target: { type: 'Utilization', averageUtilization: 60 } },
    },
    { type: 'External', external: { metric: { name: 'e' }, target: { type: 'Value', value: '5' } } },
    { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 50 } } },
  ]
  const spec = { maxReplicas: 5, scaleTargetRef, metrics, behavior: { scaleDown: { selectPolicy: 'Disabled' } } }
  const conditions = [
    { type: 'AbleToScale', status: 'True', lastTransitionTime: '2026-01-01T00:00:00Z', reason: 'R', message: 'm' },
  ]
  const currentMetrics = [
    { type: 'Resource', resource: { name: 'cpu', current: { averageValue: '5m', averageUtilization: 7 } } },
  ]

  it('has what version 1 does not know in annotations, as Kubernetes writes them, and loses nothing', async () => {
    const annotations = { own: 'x' }
    const made = await api.call('POST', path('v2'), { body: { metadata: { name: 'both', annotations }, spec } })
    const status = { currentReplicas: 1, desiredReplicas: 2, conditions, currentMetrics }
    await api.call('PATCH', `${path('v2')}/both/status`, { body: { status }, type })

    const v1 = await api.call('GET', `${path('v1')}/both`)
    await api.call('PUT', `${path('v1')}/both`, { body: { ...v1.body, spec: { ...v1.body.spec, maxReplicas: 9 } } })
    const v2 = await api.call('GET', `${path('v2')}/both`)

    const key = (name: string) => `autoscaling.alpha.kubernetes.io/${name}`
    expect(v1.body.spec).toEqual({ maxReplicas: 5, minReplicas: 1, scaleTargetRef, targetCPUUtilizationPercentage: 50 })
    expect(v1.body.metadata.annotations).toEqual({
      own: 'x',
      [key('metrics')]:
        '[{"type":"Pods","pods":{"metricName":"p","targetAverageValue":"1k","selector":{"matchLabels":{"a":"b"}}}},{"type":"Resource","resource":{"name":"memory","targetAverageUtilization":60}},{"type":"ContainerResource","containerResource":{"name":"cpu","targetAverageUtilization":60,"container":"c"}},{"type":"External","external":{"metricName":"e","targetValue":"5"}}]',
      [key('behavior')]:
        '{"ScaleUp":{"StabilizationWindowSeconds":0,"SelectPolicy":"Max","Policies":[{"Type":"Pods","Value":4,"PeriodSeconds":15},{"Type":"Percent","Value":100,"PeriodSeconds":15}],"Tolerance":null},"ScaleDown":{"StabilizationWindowSeconds":null,"SelectPolicy":"Disabled","Policies":[{"Type":"Percent","Value":100,"PeriodSeconds":15}],"Tolerance":null}}',
      [key('conditions')]: JSON.stringify([{ ...conditions[0] }]),
      [key('current-metrics')]:
        '[{"type":"Resource","resource":{"name":"cpu","currentAverageUtilization":7,"currentAverageValue":"5m"}}]',
    })
    expect(v2.body.metadata.annotations).toEqual(annotations)
    expect(v2.body.spec).toEqual({ ...made.body.spec, maxReplicas: 9 })
    expect(v2.body.status).toMatchObject(status)
  })

  it.each([
    'odd',
    '{}',
    '[1]',
    '[{"type":5}]',
    '[{"type":"Pods","pods":{"metricName":{}}}]',
  ])('takes no notice of an annotation that says nothing: %s', async (text) => {
    const annotations = { 'autoscaling.alpha.kubernetes.io/metrics': text }
    const body = { metadata: { generateName: 'odd-', annotations }, spec: { maxReplicas: 5, scaleTargetRef } }
    const made = await api.call('POST', path('v1'), { body })
    const v2 = await api.call('GET', `${path('v2')}/${made.body.metadata.name}`)

    expect([made.status, made.body.metadata.annotations]).toEqual([201, undefined])
    expect(v2.body.spec.metrics).toEqual([
      { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 80 } } },
    ])
  })
})
