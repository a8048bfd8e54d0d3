import type { ReconcileContext } from '@slipway/controller-runtime'
import type { Informer } from '@slipway/kube-client'
import type { KubeObject } from '@slipway/kube-objects'
import { describe, expect, it } from 'vitest'
import { ENDPOINT_SLICES } from '../../model/kinds.ts'
import type { Pod } from '../../model/pod.ts'
import type { EndpointSlice, Service } from '../../model/service.ts'
import { FakeCluster } from '../../testing/index.ts'
import { FreshCache } from '../ownership/fresh-cache.ts'
import { endpointsReconciler } from './reconciler.ts'

const service: Service = {
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 'web', namespace: 'n', uid: 'web' },
  spec: { selector: { app: 'web' }, ports: [{ name: 'http', port: 80, targetPort: 'http' }] },
}

const pod = (name: string, containerPort: number): Pod => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, namespace: 'n', uid: name, labels: { app: 'web' } },
  spec: { containers: [{ name: 'c', image: 'i', ports: [{ name: 'http', containerPort }] }] },
  status: { phase: 'Running', podIP: '10.88.0.1' },
})

/** A watch that brings nothing: all that is known is what was written. */
const silent = <T extends KubeObject>(): Informer<T> =>
  ({ list: () => [], get: () => undefined, on: () => {} }) as unknown as Informer<T>

async function portsAfter(...steps: Pod[][]): Promise<(number | undefined)[][]> {
  const cluster = new FakeCluster()
  let pods: Pod[] = []
  const reconciler = endpointsReconciler({
    client: cluster.client(),
    pods: { list: () => pods },
    endpoints: new FreshCache(silent()),
    slices: new FreshCache<EndpointSlice>(silent()),
  })
  const names = new Set<string>()
  const found: (number | undefined)[][] = []
  for (const step of steps) {
    pods = step
    await reconciler.reconcile(service, {} as ReconcileContext<Service>)
    const { items } = (await cluster.list(ENDPOINT_SLICES)) as unknown as { items: EndpointSlice[] }
    for (const { metadata } of items) names.add(metadata.name)
    found.push(items.flatMap(({ ports }) => (ports ?? []).map(({ port }) => port)).sort())
  }
  expect(names.size).toBe(Math.max(1, ...found.map(({ length }) => length)))
  return found
}

describe('the slices of a Service', () => {
  it('are filled with other ports before new ones are created', async () => {
    const [a, b] = [pod('a', 8080), pod('b', 9090)]

    expect(await portsAfter([], [a], [a, b], [b])).toEqual([[], [8080], [8080, 9090], [9090]])
  })
})
