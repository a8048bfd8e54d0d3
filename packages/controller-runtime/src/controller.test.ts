import { once } from 'node:events'
import { InformerSet, type KubeClient } from '@slipway/kube-client'
import { MemoryApiServer } from '@slipway/kube-client/testing'
import type { KubeObject } from '@slipway/kube-objects'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { Controller } from './controller.ts'

const KIND = { apiVersion: 'example.org/v1', kind: 'Widget' }
const REF = { ...KIND, namespace: 'default', name: 'w' }
const widget = (): KubeObject => ({ ...KIND, metadata: { name: 'w', namespace: 'default' }, spec: {} })

let server: MemoryApiServer
let client: KubeClient
let informers: InformerSet
beforeEach(async () => {
  server = new MemoryApiServer([{ ...KIND, plural: 'widgets' }])
  client = await server.start()
  informers = new InformerSet(client)
})
afterEach(async () => {
  await informers.stop()
  await client.close()
  await server.stop()
})

describe('Controller', () => {
  it('gives a status to the object that it is of, and to none that came in its place', async () => {
    const seen: (string | undefined)[] = []
    const uids: (string | undefined)[] = []
    const controller = new Controller({
      ...{ name: 'widget-controller', client, informers, query: KIND, status: 'own', always: true },
      reconciler: {
        async reconcile({ metadata }, context) {
          if (seen.push(metadata.uid) === 1) {
            await client.delete(REF)
            uids.push((await client.create(widget())).metadata.uid)
            await context.patchStatus({ ended: true })
          }
          return { kind: 'ready', reason: 'Synced', message: '' }
        },
      },
    })
    uids.push((await client.create(widget())).metadata.uid)
    await controller.start()

    await expect.poll(() => seen.length).toBe(2)
    await controller.stop()

    expect(seen).toEqual(uids)
    expect((await client.get(REF))?.status).toBeUndefined()
  })

  it('gathers changes for a while after a look at very many objects, but for those of what is wanted', async () => {
    const seen: unknown[] = []
    const controller = new Controller({
      ...{ name: 'widget-controller', client, informers, query: KIND, status: 'own', always: true },
      reconciler: {
        async reconcile({ spec, status }) {
          seen.push([spec?.size, status?.ready])
          return { kind: 'ready', reason: 'Synced', message: '', lookedAt: 10_000_000 }
        },
      },
    })
    await client.create(widget())
    await controller.start()
    await expect.poll(() => seen.length).toBe(1)

    for (const ready of [1, 2, 3]) await client.patch(REF, 'merge', { status: { ready } }, { subresource: 'status' })
    await client.patch(REF, 'merge', { spec: { size: 5 } })

    await expect.poll(() => seen.length).toBeGreaterThan(1)
    await controller.stop()
    expect(seen).toEqual([
      [undefined, undefined],
      [5, 3],
    ])
  })

  it('goes by the status that it wrote last, while the watch has not brought that back', async () => {
    vi.spyOn(client, 'watch').mockImplementation(async function* (_query, signal) {
      if (signal && !signal.aborted) await once(signal, 'abort')
      yield* []
    })
    const seen: unknown[] = []
    const controller: Controller = new Controller({
      ...{ name: 'widget-controller', client, informers, query: KIND, status: 'own' },
      reconciler: {
        async reconcile(object, context) {
          seen.push(object.status?.looks)
          await context.patchStatus({ looks: seen.length })
          if (seen.length < 3) controller.enqueue(object.metadata)
          return { kind: 'ready', reason: 'Synced', message: '' }
        },
      },
    })
    await client.create(widget())
    await controller.start()

    await expect.poll(() => seen).toEqual([undefined, 1, 2])
    await controller.stop()
  })
})
