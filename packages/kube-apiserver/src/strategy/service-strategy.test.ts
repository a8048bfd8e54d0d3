import type { KubeObject } from '@slipway/kube-objects'
import { describe, expect, it } from 'vitest'
import { startTestServer } from '../testing/test-server.ts'
import { serviceStrategy } from './service-strategy.ts'
import type { WriteContext } from './strategy.ts'

const service = (name: string, spec: object): KubeObject =>
  ({ apiVersion: 'v1', kind: 'Service', metadata: { name, uid: name }, spec }) as KubeObject
const CONTEXT = { dryRun: false } as WriteContext
const PORT = 31_234

describe('what a Service was given', () => {
  it('is not taken from one writer by another of the same Service', () => {
    const current = service('a', { clusterIP: 'None', clusterIPs: ['None'], ports: [{ port: 80 }] })
    const strategy = serviceStrategy('10.96.0.0/16', [current])
    const open = service('a', { type: 'NodePort', ports: [{ port: 80, nodePort: PORT }] })
    const same = structuredClone(current)
    strategy.prepareUpdate?.(open, current, CONTEXT)
    strategy.prepareUpdate?.(same, current, CONTEXT)
    strategy.settled?.(current, { next: same, current })
    strategy.settled?.(open, { next: open, current })

    const create = () =>
      strategy.prepareCreate?.(service('b', { type: 'NodePort', ports: [{ port: 80, nodePort: PORT }] }), CONTEXT)
    expect(create).toThrow('provided port is already allocated')
    strategy.released?.(open)
    expect(create).not.toThrow()
  })

  it('is free again when the Service is refused for something else', async () => {
    const api = await startTestServer()
    const create = (nodePort: number, query = '') =>
      api.call('POST', `/api/v1/namespaces/default/services${query}`, {
        body: service('one', { type: 'NodePort', clusterIP: '10.96.7.7', ports: [{ port: 80, nodePort }] }),
      })

    expect((await create(80)).status).toBe(422)
    expect((await create(PORT, '?dryRun=All')).status).toBe(201)
    expect((await create(PORT)).status).toBe(201)
    expect((await create(PORT, '?dryRun=All')).body.message).toContain('provided port is already allocated')
    await api.stop()
  })

  it('is not asked for anew by an update, which may not change it', async () => {
    const api = await startTestServer()
    const path = '/api/v1/namespaces/default/services'
    await api.call('POST', path, { body: service('kept', { ports: [{ port: 80 }] }) })

    const spec = { clusterIP: '192.168.7.7', clusterIPs: ['192.168.7.7'] }
    const { body } = await api.call('PATCH', `${path}/kept`, {
      body: { spec },
      type: 'application/merge-patch+json',
    })

    expect(body.message).toContain('spec.clusterIPs[0]: Invalid value: ["192.168.7.7"]: may not change once set')
    await api.stop()
  })
})
