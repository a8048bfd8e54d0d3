import { UserError } from '@slipway/errors'
import { describe, expect, it, vi } from 'vitest'
import { HORIZONTAL_POD_AUTOSCALERS } from '../../model/kinds.ts'
import type { Pod } from '../../model/pod.ts'
import type { Autoscaler, MetricSpec } from './autoscaler.ts'
import { autoscalerReconciler } from './reconciler.ts'
import { Rivals } from './rivals.ts'

const SCALE = '/apis/apps/v1/namespaces/shop/deployments/web/scale'
const QUEUE = '/apis/external.metrics.k8s.io/v1beta1/namespaces/shop/queue?labelSelector=q%3Da'
const queue: MetricSpec = {
  type: 'External',
  external: { metric: { name: 'queue', selector: { matchLabels: { q: 'a' } } }, target: { averageValue: '2' } },
}
const web = {
  metadata: { name: 'web-1', namespace: 'shop', labels: { app: 'web' } },
  status: { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] },
} as unknown as Pod

/** Looks once at an autoscaler of a Deployment of two pods, with a server that knows these texts. */
async function look(texts: Record<string, object>, metrics: MetricSpec[] = [queue], rivals = new Rivals()) {
  const autoscaler = {
    ...HORIZONTAL_POD_AUTOSCALERS,
    metadata: { name: 'web', namespace: 'shop', uid: 'u' },
    spec: { scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' }, maxReplicas: 9, metrics },
  } as Autoscaler
  const patch = vi.fn()
  const client = {
    resource: async () => ({ plural: 'deployments' }),
    getText: async (path: string) => {
      const text = texts[path]
      if (!text) throw new UserError('KUBE_NOT_FOUND', `GET ${path}: the server answered with HTTP status 404`)
      return JSON.stringify(text)
    },
    patch,
  }
  const patchStatus = vi.fn()
  const event = vi.fn()
  const deps = { client, pods: { selectedBy: () => [web] }, histories: new Map(), rivals } as never
  const context = { patchStatus, event } as never
  const result = await autoscalerReconciler(deps).reconcile(autoscaler, context)
  const { $setElementOrder: _, ...status } = patchStatus.mock.calls[0]?.[0] ?? {}
  return { result, scaled: patch.mock.calls[0]?.[2], status, events: event.mock.calls }
}

const scale = (replicas: number) => ({
  [SCALE]: { spec: { replicas }, status: { replicas, selector: 'app=web' } },
})
const measured = (value: string) => ({ [QUEUE]: { items: [{ value }] } })

describe('an autoscaler', () => {
  it('makes as many pods as its metrics ask for, and says so', async () => {
    const { scaled, status, events, result } = await look({ ...scale(2), ...measured('7') })

    expect(scaled).toEqual({ spec: { replicas: 4 } })
    expect(status).toMatchObject({
      currentReplicas: 2,
      desiredReplicas: 4,
      lastScaleTime: expect.any(String),
      currentMetrics: [
        { type: 'External', external: { metric: { name: 'queue' }, current: { averageValue: '3500m' } } },
      ],
      conditions: [
        { type: 'AbleToScale', status: 'True', reason: 'SucceededRescale' },
        { type: 'ScalingActive', status: 'True', reason: 'ValidMetricFound' },
        { type: 'ScalingLimited', status: 'False', reason: 'DesiredWithinRange' },
      ],
    })
    const name =
      'external metric queue(&LabelSelector{MatchLabels:map[string]string{q: a,},MatchExpressions:[]LabelSelectorRequirement{},})'
    expect(events).toEqual([['Normal', 'SuccessfulRescale', `New size: 4; reason: ${name} above target`]])
    expect(result).toMatchObject({ recheckAfter: 15_000 })
  })

  it('keeps the pods there are for a while before there are fewer', async () => {
    const { scaled, status } = await look({ ...scale(4), ...measured('2') })

    expect(scaled).toBeUndefined()
    expect(status.conditions[0]).toMatchObject({ type: 'AbleToScale', reason: 'ScaleDownStabilized' })
  })

  it('keeps within its limits, whatever the metrics say', async () => {
    expect((await look(scale(12))).scaled).toEqual({ spec: { replicas: 9 } })
    const { scaled, status } = await look(scale(0))
    expect(scaled).toBeUndefined()
    expect(status.conditions[1]).toMatchObject({ type: 'ScalingActive', status: 'False', reason: 'ScalingDisabled' })
  })

  it('says which metric can not be had, in the words of Kubernetes', async () => {
    const { scaled, status, events } = await look(scale(2))

    const why =
      'unable to get external metric shop/queue/&LabelSelector{MatchLabels:map[string]string{q: a,},MatchExpressions:[]LabelSelectorRequirement{},}: unable to fetch metrics from external metrics API: the server could not find the requested resource (get queue.external.metrics.k8s.io)'
    expect(scaled).toBeUndefined()
    expect(status.conditions[1]).toMatchObject({
      type: 'ScalingActive',
      status: 'False',
      reason: 'FailedGetExternalMetric',
      message: `the HPA was unable to compute the replica count: ${why}`,
    })
    expect(events).toEqual([
      ['Warning', 'FailedGetExternalMetric', why],
      [
        'Warning',
        'FailedComputeMetricsReplicas',
        `invalid metrics (1 invalid out of 1), first error is: failed to get queue external metric value: failed to get queue external metric: ${why}`,
      ],
    ])
  })

  it('scales up by the metrics that there are, and down only with all of them', async () => {
    const missing: MetricSpec = { type: 'Resource', resource: { name: 'cpu', target: { averageUtilization: 50 } } }
    expect((await look({ ...scale(2), ...measured('7') }, [missing, queue])).scaled).toEqual({ spec: { replicas: 4 } })
    const { status } = await look({ ...scale(4), ...measured('2') }, [missing, queue])
    expect(status.conditions[1]).toMatchObject({ type: 'ScalingActive', reason: 'FailedGetResourceMetric' })
  })

  it('does nothing while another one has the same pods', async () => {
    const rivals = new Rivals()
    const other = { ...HORIZONTAL_POD_AUTOSCALERS, metadata: { name: 'other', namespace: 'shop', uid: 'o' } }
    rivals.claim(other, [{ key: 'app', operator: 'Exists', values: [] }])

    const { scaled, status, events } = await look({ ...scale(2), ...measured('7') }, [queue], rivals)

    const why = 'pods by selector app=web are controlled by multiple HPAs: [shop/other shop/web]'
    expect(scaled).toBeUndefined()
    expect(status.conditions[1]).toMatchObject({
      ...{ type: 'ScalingActive', status: 'False', reason: 'AmbiguousSelector', message: why },
    })
    expect(events).toEqual([
      ['Warning', 'AmbiguousSelector', why],
      ['Warning', 'FailedComputeMetricsReplicas', why],
    ])
    rivals.forget(other)
    expect((await look({ ...scale(2), ...measured('7') }, [queue], rivals)).scaled).toEqual({ spec: { replicas: 4 } })
  })

  it('says that what it scales is not there', async () => {
    const { status, events } = await look({})

    expect(status.conditions).toMatchObject([{ type: 'AbleToScale', status: 'False', reason: 'FailedGetScale' }])
    expect(events).toMatchObject([['Warning', 'FailedGetScale', expect.stringContaining('404')]])
  })
})
