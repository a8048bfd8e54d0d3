import { TransientError } from '@slipway/errors'
import { InformerSet } from '@slipway/kube-client'
import { afterEach, describe, expect, it, vi } from 'vitest'
import type { Pod } from '../model/pod.ts'
import { FakeCluster } from '../testing/index.ts'
import { testNodeObject as node, testPod as pod } from '../testing/scheduling.ts'
import { scheduler } from './scheduler.ts'

const ends: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const end of ends.splice(0).toReversed()) await end()
})

/** A cluster with a scheduler. */
async function world() {
  const cluster = new FakeCluster()
  const informers = new InformerSet(cluster.client())
  const controller = scheduler({ client: cluster.client(), informers })
  ends.push(
    () => informers.stop(),
    () => controller.stop(),
  )
  const ref = (kind: string, name: string) => ({
    apiVersion: 'v1',
    kind,
    name,
    ...(kind === 'Pod' && { namespace: 'n' }),
  })
  const find = async (name: string): Promise<Pod> => (await cluster.get(ref('Pod', name))) as Pod
  return {
    cluster,
    start: () => controller.start(),
    find,
    nodeOf: async (name: string) => (await find(name))?.spec.nodeName,
    whyNot: async (name: string) => (await find(name)).status?.conditions?.[0]?.message,
    patch: (kind: string, name: string, change: Record<string, unknown>) =>
      cluster.patch(ref(kind, name), 'merge', change),
    remove: (name: string) => cluster.delete(ref('Pod', name), { gracePeriodSeconds: 0 }),
    events: async (name: string) =>
      (await cluster.list({ apiVersion: 'v1', kind: 'Event' })).items.filter(
        ({ involvedObject }) => (involvedObject as { name: string }).name === name,
      ),
  }
}

const large = { requests: { cpu: '4' } }

describe('the scheduler', () => {
  it('spreads pods over Nodes as their room allows, and tells where they are', async () => {
    const { cluster, start, nodeOf } = await world()
    for (const name of ['a', 'b']) await cluster.create(node(name))
    for (const name of ['x', 'y', 'z']) await cluster.create(pod(name, large))
    await start()

    await expect.poll(async () => [await nodeOf('x'), await nodeOf('y')].sort()).toEqual(['a', 'b'])
    expect(await nodeOf('z')).toBeUndefined()
  })

  it('looks at a pod again when a Node comes, when one is uncordoned, and when others leave', async () => {
    const { cluster, start, nodeOf, whyNot, patch, remove } = await world()
    await start()
    await cluster.create(pod('x', large))
    await expect.poll(() => whyNot('x')).toBe('no nodes available to schedule pods')

    await cluster.create(node('a'))
    await expect.poll(() => nodeOf('x')).toBe('a')

    await cluster.create(node('b', { unschedulable: true }))
    await cluster.create(pod('y', large))
    await expect
      .poll(() => whyNot('y'))
      .toMatch(/^0\/2 nodes are available: 1 Insufficient cpu, 1 node\(s\) were unschedulable\./)
    await patch('Node', 'b', { spec: { unschedulable: null } })
    await expect.poll(() => nodeOf('y')).toBe('b')

    await cluster.create(pod('z', large))
    await expect.poll(() => whyNot('z')).toMatch(/^0\/2 nodes are available: 2 Insufficient cpu\./)
    await remove('x')
    await expect.poll(() => nodeOf('z')).toBe('a')
  })

  it('looks at a pod again when others come that it wants to be with', async () => {
    const { cluster, start, nodeOf, whyNot } = await world()
    for (const name of ['a', 'b']) await cluster.create(node(name))
    const term = { labelSelector: { matchLabels: { app: 'db' } }, topologyKey: 'kubernetes.io/hostname' }
    await cluster.create(
      pod('x', { affinity: { podAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [term] } } }),
    )
    await start()
    await expect.poll(() => whyNot('x')).toMatch(/2 node\(s\) didn't match pod affinity rules/)

    await cluster.create(pod('db', { labels: { app: 'db' }, nodeName: 'b' }))
    await expect.poll(() => nodeOf('x')).toBe('b')
  })

  it('leaves alone what changes nothing for a pod', async () => {
    const { cluster, start, nodeOf, whyNot, patch, events } = await world()
    await cluster.create(node('a'))
    await start()
    await cluster.create(pod('x', { requests: { cpu: '5' } }))
    await expect.poll(() => whyNot('x')).toMatch(/Insufficient cpu/)

    await patch('Node', 'a', { status: { conditions: [{ type: 'Ready', status: 'True' }] } })
    await cluster.create(node('b'))
    await cluster.create(pod('y'))
    await expect.poll(() => nodeOf('y')).toBeDefined()

    const told = await events('x')
    expect(told.map(({ reason, count = 1 }) => [reason, count])).toEqual([['FailedScheduling', 1]])
  })

  it('says why a pod waits, though it could not at first', async () => {
    const { cluster, start, whyNot } = await world()
    vi.spyOn(cluster, 'patch').mockRejectedValueOnce(new TransientError('KUBE_UNAVAILABLE', 'not now'))
    await cluster.create(pod('x'))
    await start()

    await expect.poll(() => whyNot('x')).toBe('no nodes available to schedule pods')
  })

  it('has a pod of low priority go for one that matters more, and remembers for whom the room is', async () => {
    const { cluster, start, nodeOf, find, remove, events } = await world()
    for (const name of ['a', 'b']) await cluster.create(node(name))
    await cluster.create(pod('low', { ...large, nodeName: 'a', priority: 1 }))
    await cluster.create(pod('high', { ...large, nodeName: 'b', priority: 9 }))
    await start()
    await cluster.create(pod('x', { ...large, priority: 5 }))

    await expect.poll(async () => (await find('x')).status?.nominatedNodeName).toBe('a')
    await expect.poll(async () => (await find('low')).metadata.deletionTimestamp).toBeDefined()

    await cluster.create(pod('late', { ...large, priority: 5 }))
    await remove('low')
    await expect.poll(() => nodeOf('x')).toBe('a')
    expect(await nodeOf('late')).toBeUndefined()
    expect((await events('low')).map(({ reason }) => reason)).toEqual(['Preempted'])
  })

  it('waits for volumes with the room on their Node kept', async () => {
    const { cluster, start, nodeOf, whyNot, patch } = await world()
    const claim = { apiVersion: 'v1', kind: 'PersistentVolumeClaim' }
    await cluster.create(node('a'))
    await cluster.create({
      ...{ apiVersion: 'storage.k8s.io/v1', kind: 'StorageClass', metadata: { name: 's' } },
      ...{ provisioner: 'p', volumeBindingMode: 'WaitForFirstConsumer' },
    })
    await cluster.create({ ...claim, metadata: { name: 'c', namespace: 'n' }, spec: { storageClassName: 's' } })
    await cluster.create(pod('x', { ...large, volumes: [{ name: 'v', persistentVolumeClaim: { claimName: 'c' } }] }))
    await start()
    const marks = async () => (await cluster.get({ ...claim, name: 'c', namespace: 'n' }))?.metadata.annotations
    await expect.poll(marks).toMatchObject({ 'volume.kubernetes.io/selected-node': 'a' })
    await cluster.create(pod('y', large))
    await expect.poll(() => whyNot('y')).toMatch(/Insufficient cpu/)

    await cluster.create({ apiVersion: 'v1', kind: 'PersistentVolume', metadata: { name: 'v' }, spec: {} })
    const bound = { metadata: { annotations: { 'pv.kubernetes.io/bind-completed': 'yes' } }, spec: { volumeName: 'v' } }
    await cluster.patch({ ...claim, name: 'c', namespace: 'n' }, 'merge', bound)
    await expect.poll(() => nodeOf('x')).toBe('a')
    expect(await nodeOf('y')).toBeUndefined()
    await patch('Node', 'a', { status: { allocatable: { cpu: '8' } } })
    await expect.poll(() => nodeOf('y')).toBe('a')
  })
})
