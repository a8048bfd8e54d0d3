import type { ReconcileContext } from '@slipway/controller-runtime'
import { Informer } from '@slipway/kube-client'
import type { KubeObject } from '@slipway/kube-objects'
import { describe, expect, it } from 'vitest'
import { ENDPOINT_SLICES, ENDPOINTS } from '../../model/kinds.ts'
import type { Pod } from '../../model/pod.ts'
import type { EndpointSlice, Service } from '../../model/service.ts'
import { FakeCluster } from '../../testing/index.ts'
import { testNodeObject } from '../../testing/scheduling.ts'
import { FreshCache } from '../ownership/fresh-cache.ts'
import { slicesOf } from './endpoints.ts'
import { leftoverEndpointsReconciler } from './leftovers.ts'
import { endpointsReconciler } from './reconciler.ts'
import { TriggerTimes } from './trigger-times.ts'

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
const silent = <T extends KubeObject>(): Informer<T> => new Informer<T>(new FakeCluster().client(), ENDPOINT_SLICES)

async function portsAfter(...steps: Pod[][]): Promise<(number | undefined)[][]> {
  const cluster = new FakeCluster()
  let pods: Pod[] = []
  const reconciler = endpointsReconciler({
    client: cluster.client(),
    pods: { selectedBy: () => pods },
    endpoints: new FreshCache(silent()),
    slices: new FreshCache<EndpointSlice>(silent()),
    triggers: new TriggerTimes(),
    node: () => testNodeObject('n'),
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

it('gives Endpoints and slices the labels that the Service has now', async () => {
  const cluster = new FakeCluster()
  const reconciler = endpointsReconciler({
    client: cluster.client(),
    pods: { selectedBy: () => [pod('a', 8080)] },
    endpoints: new FreshCache(silent()),
    slices: new FreshCache<EndpointSlice>(silent()),
    triggers: new TriggerTimes(),
    node: () => testNodeObject('n'),
  })
  for (const labels of [{ team: 'a', tier: 'front' }, { team: 'b' }]) {
    const labelled = { ...service, metadata: { ...service.metadata, labels } }
    await reconciler.reconcile(labelled, {} as ReconcileContext<Service>)
  }

  for (const kind of [ENDPOINTS, ENDPOINT_SLICES]) {
    const [object] = (await cluster.list(kind)).items
    expect(object?.metadata.labels).toMatchObject({ team: 'b' })
    expect(object?.metadata.labels).not.toHaveProperty('tier')
  }
})

it('says of Endpoints that they do not have all addresses, for as long as that is so', async () => {
  const cluster = new FakeCluster()
  let count = 1001
  const pods = { selectedBy: () => Array.from({ length: count }, (_, index) => pod(`p${index}`, 8080)) }
  const reconciler = endpointsReconciler({
    client: cluster.client(),
    pods,
    endpoints: new FreshCache(silent()),
    slices: new FreshCache<EndpointSlice>(silent()),
    triggers: new TriggerTimes(),
    node: () => testNodeObject('n'),
  })
  const look = async () => {
    await reconciler.reconcile(service, {} as ReconcileContext<Service>)
    const [endpoints] = (await cluster.list(ENDPOINTS)).items
    const { items } = await cluster.list(ENDPOINT_SLICES)
    return {
      addresses: endpoints?.subsets[0].notReadyAddresses.length,
      capacity: endpoints?.metadata.annotations?.['endpoints.kubernetes.io/over-capacity'],
      inSlices: items.flatMap(({ endpoints: list }) => list).length,
    }
  }

  expect(await look()).toEqual({ addresses: 1000, capacity: 'truncated', inSlices: 1001 })
  count = 1000
  expect(await look()).toEqual({ addresses: 1000, inSlices: 1000 })
})

describe('the slices of a Service', () => {
  it('are filled with other ports before new ones are created', async () => {
    const [a, b] = [pod('a', 8080), pod('b', 9090)]

    expect(await portsAfter([], [a], [a, b], [b])).toEqual([[], [8080], [8080, 9090], [9090]])
  })
})

describe('the Endpoints of a Service', () => {
  it.each([
    ['go with it', { 'endpoints.kubernetes.io/managed-by': 'endpoint-controller' }, false, false],
    ['stay while it is there', { 'endpoints.kubernetes.io/managed-by': 'endpoint-controller' }, true, true],
    ["stay when they are somebody's own", {}, false, true],
  ])('%s', async (_name, labels, hasService, stays) => {
    const cluster = new FakeCluster()
    const endpoints = await cluster.create({ ...ENDPOINTS, metadata: { name: 'web', namespace: 'n', labels } })

    const reconciler = leftoverEndpointsReconciler(cluster.client(), () => hasService)
    await reconciler.reconcile(endpoints, {} as ReconcileContext<KubeObject>)

    expect((await cluster.get({ ...ENDPOINTS, name: 'web', namespace: 'n' })) !== undefined).toBe(stays)
  })

  it('and its slices tell what change they follow', async () => {
    const cluster = new FakeCluster()
    const created = '2026-01-01T00:00:00Z'
    const ready = '2026-01-01T00:00:09Z'
    let pods: Pod[] = []
    const reconciler = endpointsReconciler({
      client: cluster.client(),
      pods: { selectedBy: () => pods },
      endpoints: new FreshCache(silent()),
      slices: new FreshCache<EndpointSlice>(silent()),
      triggers: new TriggerTimes(),
      node: () => testNodeObject('n'),
    })
    const made = { ...service, metadata: { ...service.metadata, creationTimestamp: created } }
    const told = async (): Promise<unknown[]> => {
      await reconciler.reconcile(made, {} as ReconcileContext<Service>)
      const all = [...(await cluster.list(ENDPOINTS)).items, ...(await cluster.list(ENDPOINT_SLICES)).items]
      return all.map(({ metadata }) => metadata.annotations?.['endpoints.kubernetes.io/last-change-trigger-time'])
    }
    const one = pod('a', 8080)
    const condition = { type: 'Ready', status: 'True' as const, lastTransitionTime: ready, lastProbeTime: null }

    expect(await told()).toEqual([created, created])
    pods = [{ ...one, status: { ...one.status!, conditions: [condition] } }]
    expect(await told()).toEqual([ready, ready])
    pods = []
    expect(await told()).toEqual([undefined, undefined])
  })
})

describe('endpoints', () => {
  const on = (nodeName: string): Pod => ({ ...pod(nodeName, 8080), spec: { ...pod('x', 8080).spec, nodeName } })
  const zone = testNodeObject('a', { labels: { 'topology.kubernetes.io/zone': 'z' } })
  const of = (spec: Service['spec'], ...pods: Pod[]) =>
    slicesOf({ ...service, spec }, pods, (name) => (name === 'a' ? zone : undefined)).flatMap(
      ({ endpoints }) => endpoints ?? [],
    )

  it('are in the zones of their Nodes', () => {
    expect(of(service.spec, on('a'))).toMatchObject([{ nodeName: 'a', zone: 'z' }])
  })

  it('of a Node that is gone are left out, unless they are to be there whatever happens', () => {
    expect(of(service.spec, on('gone'))).toEqual([])
    expect(of({ ...service.spec, publishNotReadyAddresses: true }, on('gone'))).toMatchObject([{ nodeName: 'gone' }])
  })
})
