import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { type AddressInfo, connect, createServer } from 'node:net'
import { text } from 'node:stream/consumers'
import type { Informer, KubeClient } from '@slipway/kube-client'
import type { ObjectKey } from '@slipway/kube-objects'
import { afterEach, describe, expect, it } from 'vitest'
import type { EndpointSlice, Service } from '../../model/service.ts'
import { ClusterPorts } from '../ports/cluster-ports.ts'
import { type Backend, backendsOf, servingBackends } from './backends.ts'
import { Balancer } from './balancer.ts'
import type { Address, Forwarder } from './forwarder.ts'
import { ServiceProxy } from './service-proxy.ts'
import type { SliceIndex } from './slice-index.ts'
import { clusterSockets, localPorts } from './sockets.ts'
import { TcpForwarder } from './tcp-forwarder.ts'
import { UdpForwarder } from './udp-forwarder.ts'

const service = (spec: Service['spec']): Service => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 'web', namespace: 'n' },
  spec: { clusterIP: '10.0.0.7', ...spec },
})

async function freePort(): Promise<number> {
  const server = createServer()
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}

describe('clusterSockets', () => {
  const http = { name: 'http', port: 80 }
  const dns = { name: 'dns', port: 53, protocol: 'UDP' as const }

  it.each([
    ['of each port', { ports: [http, dns] }, ['TCP 10.0.0.7:80', 'UDP 10.0.0.7:53']],
    ['of the node', { ports: [{ ...http, nodePort: 30000 }] }, ['TCP 10.0.0.7:80', 'TCP 10.0.3.254:30000']],
    [
      'of the machine for UDP',
      { ports: [{ ...dns, nodePort: 30001 }] },
      ['UDP 10.0.0.7:53', 'UDP 10.0.3.254:30001', 'UDP 127.0.0.1:30001'],
    ],
    ['of none that has no endpoints', { ports: [{ name: 'empty', port: 81 }] }, []],
    ['of no headless Service', { clusterIP: 'None', ports: [http] }, []],
    ['of no name of elsewhere', { type: 'ExternalName' as const, ports: [http] }, []],
    ['of no SCTP', { ports: [{ port: 1, protocol: 'SCTP' as const }] }, []],
  ])('are %s', (_name, spec, expected) => {
    const sockets = clusterSockets(service(spec), '10.0.3.254', ({ name }) => name !== 'empty')

    expect(sockets.map(({ protocol, host, port }) => `${protocol} ${host}:${port}`)).toEqual(expected)
  })

  it('are local ones for TCP and Services with pods', () => {
    expect(localPorts(service({ selector: {}, ports: [http, dns] }))).toEqual([http])
    expect(localPorts(service({ ports: [http] }))).toEqual([])
  })
})

describe('backendsOf', () => {
  const slice = (endpoints: (EndpointSlice['endpoints'] & {}) | null, port = 8080): EndpointSlice => ({
    ...{
      apiVersion: 'discovery.k8s.io/v1',
      kind: 'EndpointSlice',
      metadata: { name: 's' },
      addressType: 'IPv4' as const,
    },
    endpoints,
    ports: [{ name: 'http', port, protocol: 'TCP' }],
  })
  const ready = { addresses: ['10.88.0.1'] }
  const ending = { addresses: ['10.88.0.2'], conditions: { ready: false, serving: true, terminating: true } }
  const broken = { addresses: ['10.88.0.3'], conditions: { ready: false, serving: false } }

  it.each([
    ['the ready ones', [slice([ready, ending, broken])], ['10.88.0.1:8080']],
    [
      'of all slices, each with its own port',
      [slice([ready]), slice([ready], 9090)],
      ['10.88.0.1:8080', '10.88.0.1:9090'],
    ],
    ['those that end, where none is ready', [slice([ending, broken])], ['10.88.0.2:8080']],
    ['none', [slice([broken]), slice(null)], []],
  ])('are %s', (_name, slices, expected) => {
    expect(backendsOf(slices, { name: 'http' }).map(({ address, port }) => `${address}:${port}`)).toEqual(expected)
  })

  it('let callers stay where they are served, while it ends too', () => {
    const serving = servingBackends([slice([ready, ending, broken])], { name: 'http' })

    expect(serving.map(({ address }) => address)).toEqual(['10.88.0.1', '10.88.0.2'])
  })

  it('are of no other port', () => {
    expect(backendsOf([slice([ready])], { name: 'other' })).toEqual([])
    expect(backendsOf([slice([ready])], { name: 'http', protocol: 'UDP' })).toEqual([])
  })
})

describe('Balancer', () => {
  const backends: Backend[] = ['a', 'b', 'c'].map((address) => ({ address, port: 1 }))
  const order = (balancer: Balancer, from: Service, client: string): string =>
    balancer
      .order(from, backends, client)
      .map(({ address }) => address)
      .join('')

  it('takes turns, and has the others ready', () => {
    const balancer = new Balancer()

    expect([1, 2, 3, 4].map(() => order(balancer, service({}), 'x'))).toEqual(['abc', 'bca', 'cab', 'abc'])
  })

  it('keeps a client where it is, if the Service says so', () => {
    const balancer = new Balancer()
    const sticky = service({ sessionAffinity: 'ClientIP' })
    order(balancer, sticky, 'x')
    balancer.connected(sticky, 'x', backends[2] as Backend)

    expect([order(balancer, sticky, 'x'), order(balancer, sticky, 'y'), order(balancer, sticky, 'x')]).toEqual([
      'cab',
      'bca',
      'cab',
    ])
  })
})

describe('forwarders', () => {
  const ends: (() => unknown)[] = []
  afterEach(() => {
    for (const end of ends.splice(0)) end()
  })

  /** A server that says its name. */
  async function tcpBackend(name: string): Promise<Address> {
    const server = createServer({ allowHalfOpen: true }, (socket) => {
      socket.on('data', () => {})
      socket.on('end', () => socket.end(name))
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    ends.push(() => server.close())
    return { host: '127.0.0.1', port: (server.address() as AddressInfo).port }
  }

  const closedPort = async (): Promise<Address> => ({ host: '127.0.0.1', port: await freePort() })

  /** One that answers with its name and what it got. */
  async function udpBackend(name: string): Promise<Address> {
    const socket = createSocket('udp4')
    socket.on('message', (message, from) => socket.send(`${name} ${message}`, from.port, from.address))
    await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve))
    ends.push(() => socket.close())
    return { host: '127.0.0.1', port: socket.address().port }
  }

  const route = (addresses: Address[], taken: string[] = []) => ({
    targets: (client: string) =>
      addresses.map((address) => ({ address, taken: () => taken.push(`${client} ${address.port}`) })),
    mayStayAt: (address: Address) => addresses.includes(address),
  })

  async function listening(forwarder: Forwarder): Promise<number> {
    ends.push(() => forwarder.destroy())
    return forwarder.listen({ host: '127.0.0.1', port: 0 })
  }

  it('pass a connection on to the first backend that takes it, half-closed ones too', async () => {
    const dead = await closedPort()
    const alive = await tcpBackend('alive')
    const taken: string[] = []
    const port = await listening(new TcpForwarder(route([dead, alive], taken)))

    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true })
    socket.end('who?')

    expect(await text(socket)).toBe('alive')
    expect(taken).toEqual([`127.0.0.1 ${alive.port}`])
  })

  it('reset a connection that nobody takes', async () => {
    const port = await listening(new TcpForwarder(route([await closedPort()])))

    const error = await new Promise<NodeJS.ErrnoException>((resolve) => {
      connect({ port, host: '127.0.0.1' }).on('error', resolve)
    })

    expect(error.code).toBe('ECONNRESET')
  })

  it('pass datagrams on and back, each caller to the backend it began with', async () => {
    const backends = await Promise.all(['a', 'b'].map(udpBackend))
    let turn = 0
    const alternate = { ...route(backends), targets: () => route([backends[turn++ % 2] as Address]).targets('') }
    const port = await listening(new UdpForwarder(alternate))
    const ask = (socket: ReturnType<typeof createSocket>, message: string): Promise<string> =>
      new Promise((resolve) => {
        socket.once('message', (answer) => resolve(answer.toString()))
        socket.send(message, port, '127.0.0.1')
      })
    const [first, second] = [createSocket('udp4'), createSocket('udp4')]
    ends.push(
      () => first.close(),
      () => second.close(),
    )

    expect([await ask(first, '1'), await ask(second, '2'), await ask(first, '3')]).toEqual(['a 1', 'b 2', 'a 3'])
  })

  it('send a caller of datagrams elsewhere when its backend serves no more', async () => {
    const backends = await Promise.all(['a', 'b'].map(udpBackend))
    const forwarder = new UdpForwarder(route(backends))
    const port = await listening(forwarder)
    const caller = createSocket('udp4')
    ends.push(() => caller.close())
    const ask = async (message: string): Promise<string> => {
      caller.send(message, port, '127.0.0.1')
      const [answer] = await once(caller, 'message')
      return String(answer)
    }
    const first = await ask('1')
    forwarder.reroute()
    const second = await ask('2')
    backends.shift()
    forwarder.reroute()

    expect([first, second, await ask('3')]).toEqual(['a 1', 'a 2', 'b 3'])
  })
})

/** A proxy of one Service, which looks at it when it is told to. `annotated` is told of the annotation with its addresses. */
function proxyOf(
  one: Service,
  slices: object[],
  annotated: () => void,
): { proxy: ServiceProxy; look(service: ObjectKey): void } {
  let look = (_service: ObjectKey): void => {}
  const proxy = new ServiceProxy({
    client: { patch: async () => annotated() } as unknown as KubeClient,
    services: { start: async () => {}, get: () => one, on: () => () => {} } as unknown as Informer<Service>,
    slices: {
      start: async () => {},
      of: () => slices,
      on: (listener: typeof look) => {
        look = listener
      },
    } as unknown as SliceIndex,
    dial: ({ address, port: number }) => ({ host: address, port: number }),
    ports: new ClusterPorts('127.0.0.0/8', '127.0.0.1', () => {}),
    log: () => {},
  })
  return { proxy, look: (key) => look(key) }
}

describe('ServiceProxy', () => {
  it.each([
    [{}, 1],
    [{ 'service.kubernetes.io/service-proxy-name': 'other' }, 0],
    [{ 'service.kubernetes.io/headless': '' }, 0],
  ])('leaves a Service to others whose labels are %j', async (labels, served) => {
    const web = service({ clusterIP: '127.0.0.1', selector: {}, ports: [{ port: await freePort() }] })
    let count = 0
    const { proxy, look } = proxyOf({ ...web, metadata: { ...web.metadata, labels } }, [], () => count++)
    await proxy.start()
    look(web.metadata)
    await proxy.stop()

    expect(count).toBe(served)
  })

  it('takes no connections for a Service without backends, and lets those go on that it has', async () => {
    const backend = createServer((socket) => socket.pipe(socket))
    await once(backend.listen(0, '127.0.0.1'), 'listening')
    const port = await freePort()
    const web = service({ clusterIP: '127.0.0.1', selector: {}, ports: [{ port }] })
    const slice = {
      addressType: 'IPv4',
      endpoints: [{ addresses: ['127.0.0.1'], conditions: { ready: true, serving: true } }],
      ports: [{ port: (backend.address() as AddressInfo).port }],
    }
    let synced = (): void => {}
    const { proxy, look } = proxyOf(web, [slice], () => synced())
    const sync = (): Promise<void> =>
      new Promise((resolve) => {
        synced = resolve
        look(web.metadata)
      })
    await proxy.start()
    await sync()
    const early = connect(port, '127.0.0.1')
    const echo = async (text: string): Promise<string> => {
      early.write(text)
      const [answer] = await once(early, 'data')
      return String(answer)
    }
    const before = await echo('1')
    slice.endpoints = [{ addresses: ['127.0.0.1'], conditions: { ready: false, serving: false } }]
    await sync()

    const [refusal] = await once(connect(port, '127.0.0.1'), 'error')
    expect([before, await echo('2'), refusal.code]).toEqual(['1', '2', 'ECONNREFUSED'])

    const cut = once(early, 'close')
    await proxy.stop()
    await cut
    backend.close()
  })
})
