import { afterAll, beforeAll, expect, it } from 'vitest'
import { startTestServer, type TestServer } from '../testing/test-server.ts'

let api: TestServer

beforeAll(async () => {
  api = await startTestServer()
})

afterAll(() => api.stop())

it('an autoscaler of version 1 is judged as version 2 has it, with what its annotations hold', async () => {
  const prefix = 'autoscaling.alpha.kubernetes.io'
  const metrics = [{ type: 'Pods', pods: { metricName: 'a/b' } }]
  const rules = { StabilizationWindowSeconds: 4000, Policies: [{ Type: 'Pods', Value: 0, PeriodSeconds: 1 }] }
  const annotations = {
    [`${prefix}/metrics`]: JSON.stringify(metrics),
    [`${prefix}/behavior`]: JSON.stringify({ ScaleUp: rules }),
  }
  const scaleTargetRef = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'd' }

  const { status, body } = await api.call('POST', '/apis/autoscaling/v1/namespaces/default/horizontalpodautoscalers', {
    body: { metadata: { name: 'a', annotations }, spec: { scaleTargetRef, minReplicas: 0, maxReplicas: 3 } },
  })

  expect(status).toBe(422)
  // As kube-apiserver 1.34.4 says it.
  expect(body.details.causes.map(({ field, message }: Record<string, string>) => `${field}: ${message}`)).toEqual([
    'spec.minReplicas: Invalid value: 0: must be greater than or equal to 1',
    'spec.metrics[0].pods.metric.name: Invalid value: "a/b": may not contain \'/\'',
    'spec.metrics[0].pods.target.averageValue: Invalid value: "0": must be positive',
    'spec.metrics: Forbidden: must specify at least one Object or External metric to support scaling to zero replicas',
    'spec.behavior.scaleUp.stabilizationWindowSeconds: Invalid value: 4000: must be less than or equal to 3600',
    'spec.behavior.scaleUp.policies[0].value: Invalid value: 0: must be greater than zero',
  ])
})
