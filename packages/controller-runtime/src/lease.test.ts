import type { UserError } from '@slipway/errors'
import type { KubeClient } from '@slipway/kube-client'
import { MemoryApiServer } from '@slipway/kube-client/testing'
import type { KubeObject } from '@slipway/kube-objects'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Lease } from './lease.ts'

const KIND = { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease' }
const REF = { ...KIND, namespace: 'default', name: 'cluster' }

let server: MemoryApiServer
let client: KubeClient
const leases: Lease[] = []
beforeEach(async () => {
  server = new MemoryApiServer([{ ...KIND, plural: 'leases' }])
  client = await server.start()
})
afterEach(async () => {
  for (const lease of leases.splice(0)) await lease.release()
  await client.close()
  await server.stop()
})

async function take(holder: string, onLost: (error: UserError) => void = () => {}): Promise<Lease> {
  const lease = await Lease.take(client, { namespace: 'default', name: 'cluster', holder, onLost, duration: 0.3 })
  leases.push(lease)
  return lease
}

describe('Lease', () => {
  it('is held by one: another is refused while it is renewed, and has it once it is given back', async () => {
    const first = await take('first')

    await expect(take('second')).rejects.toMatchObject({ code: 'LEASE_HELD' })
    await first.release()
    await take('second')

    expect((await client.get<KubeObject>(REF))?.spec).toMatchObject({ holderIdentity: 'second', leaseTransitions: 1 })
  })

  it('passes on when its holder does not renew it any more', async () => {
    const renewTime = '2001-01-01T00:00:00.000000Z'
    const spec = { holderIdentity: 'gone', leaseDurationSeconds: 0.2, renewTime }
    await client.create({ ...KIND, metadata: { name: 'cluster', namespace: 'default' }, spec })

    await take('next')

    expect((await client.get<KubeObject>(REF))?.spec.holderIdentity).toBe('next')
  })

  it('is taken up again at once by the same holder, after a crash', async () => {
    const spec = { holderIdentity: 'first', leaseDurationSeconds: 3600, renewTime: '2999-01-01T00:00:00.000000Z' }
    await client.create({ ...KIND, metadata: { name: 'cluster', namespace: 'default' }, spec })

    await take('first')
  })

  it('that was never renewed is held for as long as the cluster is there', async () => {
    await client.create({
      ...KIND,
      metadata: { name: 'cluster', namespace: 'default' },
      spec: { holderIdentity: 'the cluster itself' },
    })

    await expect(take('another')).rejects.toThrow('the cluster itself works on this cluster already')
  })

  it('goes to one of two who come at once', async () => {
    const both = await Promise.allSettled([take('a'), take('b')])

    expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
  })

  it('tells its holder when another one has taken it, and is written again when it was deleted', async () => {
    const lost = new Promise<UserError>((resolve) => void take('first', resolve))
    await expect.poll(() => client.get(REF)).toBeTruthy()
    await client.delete(REF)
    await expect.poll(async () => (await client.get<KubeObject>(REF))?.spec.holderIdentity).toBe('first')

    await client.patch(REF, 'merge', { spec: { holderIdentity: 'second' } })

    expect((await lost).message).toBe('second works on this cluster already')
  })
})
