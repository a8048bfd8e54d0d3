import type { ReconcileContext } from '@slipway/controller-runtime'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { NODES, PODS } from '../../model/kinds.ts'
import type { Taint } from '../../model/node.ts'
import { hasEnded, type Pod } from '../../model/pod.ts'
import { FakeCluster } from '../../testing/fake-cluster.ts'
import { testNodeObject } from '../../testing/scheduling.ts'
import { podGarbageReconciler } from './reconciler.ts'

beforeEach(() => void vi.useFakeTimers({ toFake: ['Date'], now: Date.parse('2026-01-01T00:00:00Z') }))
afterEach(() => void vi.useRealTimers())

/** Looks at pods as if the caches had `pods` and these Nodes. */
async function world(
  pods: { name: string; spec?: object; status?: object; metadata?: object }[],
  nodes: string[] = [],
  taints: Taint[] = [],
) {
  const cluster = new FakeCluster()
  for (const { name, spec, status, metadata } of pods) {
    const of = { name, namespace: 'n', ...metadata }
    await cluster.create({ ...PODS, metadata: of, spec: { containers: [], ...spec }, status: status ?? {} })
  }
  const list = async () => (await cluster.list(PODS)).items as Pod[]
  let known = await list()
  const ended = () => known.filter(hasEnded)
  const reconciler = podGarbageReconciler({
    ...{ client: cluster.client(), mostEnded: 2 },
    ended: { of: ended, count: () => ended().length },
    node: (name) => (nodes.includes(name) ? testNodeObject(name, { taints }) : undefined),
  })
  const left = async () => (await list()).map(({ metadata }) => metadata.name)
  const look = async (name: string) => {
    known = await list()
    const pod = known.find(({ metadata }) => metadata.name === name) as Pod
    return reconciler.reconcile(pod, {} as ReconcileContext<Pod>)
  }
  return { cluster, look, left, nodes }
}

it('takes a pod away whose Node has been missing for 40 seconds, after its status has said that it failed', async () => {
  const { cluster, look, left } = await world([
    { name: 'lost', spec: { nodeName: 'gone' }, status: { phase: 'Running' } },
  ])
  const patch = vi.spyOn(cluster, 'patch')

  expect(await look('lost')).toMatchObject({ recheckAfter: 40_000 })
  expect(await left()).toEqual(['lost'])
  vi.setSystemTime(Date.now() + 40_000)
  await look('lost')

  expect(await left()).toEqual([])
  expect(patch.mock.calls.map(([, , body]) => body.status)).toMatchObject([
    {
      ...{ phase: 'Failed', observedGeneration: 1 },
      conditions: [{ type: 'DisruptionTarget', reason: 'DeletionByPodGC', observedGeneration: 1 }],
    },
  ])
})

it('leaves a pod whose Node the API has, though the watch did not bring it, or that has come back meanwhile', async () => {
  const { cluster, look, left, nodes } = await world([{ name: 'p', spec: { nodeName: 'late' } }])
  await cluster.create({ ...NODES, metadata: { name: 'late' } })
  await look('p')
  vi.setSystemTime(Date.now() + 40_000)
  await look('p')
  expect(await left()).toEqual(['p'])

  nodes.push('late')
  await look('p')
  nodes.pop()
  expect(await look('p')).toMatchObject({ recheckAfter: 40_000 })
})

it('takes a pod away that was deleted before it had a Node', async () => {
  const metadata = { deletionTimestamp: '2026-01-01T00:00:00Z' }
  const { look, left } = await world([{ name: 'never', metadata }, { name: 'waiting' }])

  for (const name of ['never', 'waiting']) await look(name)

  expect(await left()).toEqual(['waiting'])
})

it('keeps only so many pods that have ended: evicted ones go first, then the oldest', async () => {
  const ended = (name: string, hour: number, status: object = { phase: 'Succeeded' }) => ({
    name,
    spec: { nodeName: 'one' },
    status,
    metadata: { creationTimestamp: `2026-01-01T0${hour}:00:00Z` },
  })
  const evicted = { phase: 'Failed', reason: 'Evicted' }
  const { look, left } = await world(
    [
      ended('old', 1),
      ended('newer', 3),
      ended('new', 2),
      ended('evicted', 4, evicted),
      ended('runs', 0, { phase: 'Running' }),
    ],
    ['one'],
  )
  await look('runs')
  expect(await left()).toHaveLength(5)

  await look('newer')

  expect((await left()).sort()).toEqual(['new', 'newer', 'runs'])
})

it('takes a pod away that is to go from a Node that is out of service, and leaves those of one that is only lost', async () => {
  const going = { name: 'p', spec: { nodeName: 'n' }, metadata: { deletionTimestamp: '2026-01-01T00:00:00Z' } }
  const staying = { name: 'q', spec: { nodeName: 'n' } }
  const after = async (key: string): Promise<string[]> => {
    const { look, left } = await world([going, staying], ['n'], [{ key, effect: 'NoExecute' }])
    await look('p')
    await look('q')
    return left()
  }

  expect(await after('node.kubernetes.io/unreachable')).toEqual(['p', 'q'])
  expect(await after('node.kubernetes.io/out-of-service')).toEqual(['q'])
})
