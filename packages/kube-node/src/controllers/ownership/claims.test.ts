import { InformerSet } from '@slipway/kube-client'
import type { KubeObject } from '@slipway/kube-objects'
import { describe, expect, it } from 'vitest'
import { ownerReference } from '../../labels.ts'
import { PODS, REPLICA_SETS } from '../../model/kinds.ts'
import { FakeCluster } from '../../testing/fake-cluster.ts'
import { Claims } from './claims.ts'
import { FreshCache } from './fresh-cache.ts'

const namespace = 'default'
const SET = { ...REPLICA_SETS, name: 'web', namespace }
const selector = { matchLabels: { app: 'web' } }
const set = (): KubeObject => ({ ...REPLICA_SETS, metadata: { name: 'web', namespace }, spec: {} })

async function world(labels = selector.matchLabels) {
  const cluster = new FakeCluster()
  const owner = await cluster.create(set())
  const metadata = { name: 'pod', namespace, labels }
  await cluster.create({ ...PODS, metadata, spec: { containers: [] } })
  const informers = new InformerSet(cluster.client())
  const pods = informers.for(PODS)
  await pods.start()
  await informers.stop()
  const claims = new Claims(cluster.client(), new FreshCache(pods), PODS)
  const ownersNow = async () => (await cluster.get({ ...PODS, name: 'pod', namespace }))?.metadata.ownerReferences
  return { cluster, owner, claims, ownersNow }
}

const namesOf = (objects: KubeObject[]): string[] => objects.map(({ metadata }) => metadata.name)

describe('Claims', () => {
  it('take over what matches and has no manager', async () => {
    const { owner, claims, ownersNow } = await world()

    expect(namesOf(await claims.claim(owner, selector))).toEqual(['pod'])
    expect(await ownersNow()).toEqual([ownerReference(owner)])
  })

  it('leave what their owner may not own', async () => {
    const { owner, claims, ownersNow } = await world()

    expect(await claims.claim(owner, selector, () => false)).toEqual([])
    expect(await ownersNow()).toBeUndefined()
  })

  it.each([
    ['is gone', (cluster: FakeCluster) => cluster.delete(SET)],
    [
      'was made anew',
      async (cluster: FakeCluster) => {
        await cluster.delete(SET)
        await cluster.create(set())
      },
    ],
    [
      'is going',
      (cluster: FakeCluster) =>
        cluster.patch(SET, 'merge', { metadata: { deletionTimestamp: '2026-01-01T00:00:00Z' } }),
    ],
  ])('take nothing over for an owner that %s, which its cache does not know yet', async (_name, change) => {
    const { cluster, owner, claims, ownersNow } = await world()
    await change(cluster)

    expect(await claims.claim(owner, selector)).toEqual([])
    expect(await ownersNow()).toBeUndefined()
  })
})
