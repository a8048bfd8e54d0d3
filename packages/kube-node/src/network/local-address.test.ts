import { InformerSet } from '@slipway/kube-client'
import type { KubeObject } from '@slipway/kube-objects'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { INGRESS_CLASSES, INGRESSES } from '../model/kinds.ts'
import type { Service } from '../model/service.ts'
import { FakeCluster } from '../testing/index.ts'
import { IngressController } from './ingress/ingress-controller.ts'
import { localPortsOf, tellLocalAddresses } from './local-address.ts'
import { SliceIndex } from './services/slice-index.ts'

const ANNOTATION = 'slipway.dev/local-address'
const namespace = 'default'
const web = { apiVersion: 'v1', kind: 'Service', name: 'web', namespace }

let cluster: FakeCluster

beforeEach(() => {
  cluster = new FakeCluster()
})

describe('the local address of a Service', () => {
  const told = (message: string) => ({
    ...{ type: 'slipway.dev/LocalAddress', status: 'True', reason: 'Listening', message },
    lastTransitionTime: expect.any(String),
  })

  async function serviceWith(rest: Partial<KubeObject>, annotations?: Record<string, string>): Promise<Service> {
    const metadata = { name: 'web', namespace, ...(annotations && { annotations }) }
    return (await cluster.create({ apiVersion: 'v1', kind: 'Service', metadata, spec: {}, ...rest })) as Service
  }

  async function tell(addresses: string[]): Promise<KubeObject | undefined> {
    await tellLocalAddresses(cluster.client(), (await cluster.get(web)) as Service, addresses)
    return cluster.get(web)
  }

  it("is a condition beside others', and goes with its ports", async () => {
    const other = { type: 'LoadBalancerPortsError', status: 'False', reason: 'Fine', message: '' }
    await serviceWith({ status: { conditions: [other] } })

    const one = await tell(['127.0.0.1:4001', '127.0.0.1:4002'])
    const { lastTransitionTime } = one?.status.conditions[0] ?? {}
    const two = await tell(['127.0.0.1:4003'])
    const none = await tell([])

    expect(one?.status.conditions).toEqual([told('127.0.0.1:4001,127.0.0.1:4002'), other])
    expect(two?.status.conditions).toEqual([{ ...told('127.0.0.1:4003'), lastTransitionTime }, other])
    expect(none?.status.conditions).toEqual([other])
  })

  it('is that of the annotation which older data folders have; this goes once', async () => {
    const older = await serviceWith({}, { [ANNOTATION]: '127.0.0.1:4001', mine: 'stays' })

    const ports = localPortsOf(older)
    const after = await tell(['127.0.0.1:4001'])
    await cluster.patch(web, 'merge', { metadata: { annotations: { [ANNOTATION]: "somebody's" } } })
    const later = await tell(['127.0.0.1:4001'])

    expect(ports).toEqual([4001])
    expect(after?.metadata.annotations).toEqual({ mine: 'stays' })
    expect(after?.status.conditions).toEqual([told('127.0.0.1:4001')])
    expect(later?.metadata.annotations).toEqual({ [ANNOTATION]: "somebody's", mine: 'stays' })
  })
})

describe('the local address of Ingresses', () => {
  const ends: (() => Promise<void>)[] = []
  afterEach(async () => {
    for (const end of ends.splice(0)) await end()
  })

  it('is told by their class; older Ingresses tell it no more', async () => {
    const client = cluster.client()
    const informers = new InformerSet(client)
    const metadata = { name: 'web', namespace, annotations: { [ANNOTATION]: '127.0.0.1:0', mine: 'stays' } }
    await cluster.create({ ...INGRESSES, metadata, spec: {} })
    const slices = new SliceIndex(informers.for({ apiVersion: 'discovery.k8s.io/v1', kind: 'EndpointSlice' }))
    const controller = new IngressController({ client, informers, slices, dial: () => undefined, log: () => {} })
    ends.push(
      () => controller.stop(),
      async () => informers.stop(),
    )

    await controller.start()
    const ingress = await cluster.until(
      { ...INGRESSES, name: 'web', namespace },
      (object) => object?.status?.loadBalancer !== undefined,
    )
    const ourClass = await cluster.get({ ...INGRESS_CLASSES, name: 'slipway' })

    const { port } = ingress?.status.loadBalancer.ingress[0].ports[0] ?? {}
    expect(ourClass?.metadata.annotations?.[ANNOTATION]).toBe(`127.0.0.1:${port}`)
    expect(ingress?.metadata.annotations).toEqual({ mine: 'stays' })
  })
})
