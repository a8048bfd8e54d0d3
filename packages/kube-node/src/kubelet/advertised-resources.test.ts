import { InformerSet } from '@slipway/kube-client'
import { afterEach, expect, it, vi } from 'vitest'
import { NODES } from '../model/kinds.ts'
import { FakeCluster } from '../testing/index.ts'
import { advertisedResourcesController } from './advertised-resources.ts'

const stops: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop()
})

it("offers what is advertised in the Node's capacity, and no longer what is not", async () => {
  const cluster = new FakeCluster()
  const client = cluster.client()
  const status = { capacity: { cpu: '2', 'my.io/new': '3' }, allocatable: { cpu: '1', 'my.io/old': '1' } }
  for (const name of ['here', 'there']) await cluster.create({ ...NODES, metadata: { name }, status })
  const informers = new InformerSet(client)
  const controller = advertisedResourcesController({ client, informers, nodeName: 'here', log: () => {} })
  stops.push(
    () => controller.stop(),
    () => informers.stop(),
  )

  await controller.start()

  const allocatable = async (name: string): Promise<unknown> =>
    (await cluster.get({ ...NODES, name }))?.status?.allocatable
  await vi.waitFor(async () => expect(await allocatable('here')).toEqual({ cpu: '1', 'my.io/new': '3' }))
  expect(await allocatable('there')).toEqual(status.allocatable)
})
