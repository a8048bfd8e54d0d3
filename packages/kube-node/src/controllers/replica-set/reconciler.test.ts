import type { ReconcileContext } from '@slipway/controller-runtime'
import { InformerSet } from '@slipway/kube-client'
import { expect, it } from 'vitest'
import { PODS, REPLICA_SETS } from '../../model/kinds.ts'
import type { Pod } from '../../model/pod.ts'
import type { ReplicaSet } from '../../model/workloads.ts'
import { FakeCluster } from '../../testing/fake-cluster.ts'
import { FreshCache } from '../ownership/fresh-cache.ts'
import { PodWriter } from '../pods/pod-writer.ts'
import { replicaSetReconciler } from './reconciler.ts'

const SET = { ...REPLICA_SETS, name: 'web', namespace: 'default' }
const labels = { app: 'web' }

it.each([
  ['made', 'FailedCreate', 3],
  ['taken away', 'FailedDelete', 0],
] as const)('says why pods could not be %s, and that there are as many as there are', async (_name, reason, replicas) => {
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
  await cluster.create({
    ...REPLICA_SETS,
    metadata,
    spec: { replicas: 1, selector: { matchLabels: labels }, template },
  })
  const look = async () => reconciler.reconcile((await cluster.get(SET)) as ReplicaSet, context)
  await look()
  await cluster.patch(SET, 'merge', { spec: { replicas } })
  cluster.create = () => Promise.reject(new Error('no'))
  cluster.delete = () => Promise.reject(new Error('no'))

  await expect(look()).rejects.toThrow('no')

  const { conditions, ...status } = (await cluster.get(SET))?.status ?? {}
  expect(status).toMatchObject({ replicas: 1, observedGeneration: 2 })
  expect(conditions).toMatchObject([{ type: 'ReplicaFailure', status: 'True', reason, message: 'no' }])
})
