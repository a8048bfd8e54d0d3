import type { ReconcileContext } from '@slipway/controller-runtime'
import { InformerSet } from '@slipway/kube-client'
import { expect, it, vi } from 'vitest'
import { PODS, REPLICA_SETS } from '../../model/kinds.ts'
import type { Pod } from '../../model/pod.ts'
import type { ReplicaSet } from '../../model/workloads.ts'
import { FakeCluster } from '../../testing/fake-cluster.ts'
import { FreshCache } from '../ownership/fresh-cache.ts'
import { PodWriter } from '../pods/pod-writer.ts'
import { replicaSetReconciler } from './reconciler.ts'

const SET = { ...REPLICA_SETS, name: 'web', namespace: 'default' }
const labels = { app: 'web' }

/** A set of `replicas` pods, and what looks at it. */
async function world(replicas: number) {
  const cluster = new FakeCluster()
  const client = cluster.client()
  const pods = new FreshCache<Pod>(new InformerSet(client).for(PODS))
  const reconciler = replicaSetReconciler(new PodWriter(client, pods), ({ spec }) => spec.selector)
  const context = {
    event: () => {},
    patchStatus: (status: object, type = 'merge') => cluster.patch(SET, type, { status }),
  } as unknown as ReconcileContext<ReplicaSet>
  const template = { metadata: { labels }, spec: { containers: [] } }
  const metadata = { name: 'web', namespace: 'default' }
  await cluster.create({ ...REPLICA_SETS, metadata, spec: { replicas, selector: { matchLabels: labels }, template } })
  const look = async () => reconciler.reconcile((await cluster.get(SET)) as ReplicaSet, context)
  const scale = (to: number) => cluster.patch(SET, 'merge', { spec: { replicas: to } })
  return { cluster, look, scale, pods }
}

it.each([
  ['made', 'FailedCreate', 3],
  ['taken away', 'FailedDelete', 0],
] as const)('says why pods could not be %s, and that there are as many as there are', async (_name, reason, replicas) => {
  const { cluster, look, scale } = await world(1)
  await look()
  await scale(replicas)
  cluster.create = () => Promise.reject(new Error('no'))
  cluster.delete = () => Promise.reject(new Error('no'))

  await expect(look()).rejects.toThrow('no')

  const { conditions, ...status } = (await cluster.get(SET))?.status ?? {}
  expect(status).toMatchObject({ replicas: 1, observedGeneration: 2 })
  expect(conditions).toMatchObject([{ type: 'ReplicaFailure', status: 'True', reason, message: 'no' }])
})

it('looks at its own pods, not at those of others in its namespace', async () => {
  const { look, pods } = await world(300)
  const by = { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'other', uid: 'other', controller: true }
  for (let number = 0; number < 500; number++) {
    const metadata = { name: `other-${number}`, namespace: 'default', uid: `${number}`, resourceVersion: '1', labels }
    pods.wrote({ ...PODS, metadata: { ...metadata, ownerReferences: [by] }, spec: { containers: [] } })
  }

  expect(await look()).toMatchObject({ lookedAt: 300 })
})

it('goes on at once while there are pods to make that are too many for one go', async () => {
  const { look } = await world(700)

  expect(await look()).not.toHaveProperty('lookedAt')
  expect(await look()).toMatchObject({ lookedAt: 700 })
})

it('makes and takes away no more than 500 pods in one go', async () => {
  const { cluster, look, scale } = await world(700)
  const create = vi.spyOn(cluster, 'create')
  const remove = vi.spyOn(cluster, 'delete')

  await look()
  expect(create).toHaveBeenCalledTimes(500)
  await look()
  expect(create.mock.calls.length).toBeGreaterThanOrEqual(700)
  await scale(0)
  await look()
  expect(remove).toHaveBeenCalledTimes(500)
})

it('asks for one pod at a time while none is let in', async () => {
  const { cluster, look } = await world(2000)
  let asked = 0
  const create = cluster.create.bind(cluster)
  cluster.create = (object) => (++asked > 3 ? Promise.reject(new Error('exceeded quota')) : create(object))

  await expect(look()).rejects.toThrow('exceeded quota')
  expect(asked).toBe(1 + 2 + 4)

  await expect(look()).rejects.toThrow('exceeded quota')
  expect(asked).toBe(1 + 2 + 4 + 1)
})
