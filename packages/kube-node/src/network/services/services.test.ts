import { createSocket } from 'node:dgram'
import { type AddressInfo, connect, createServer } from 'node:net'
import { text } from 'node:stream/consumers'
import { afterEach, describe, expect, it } from 'vitest'
import type { EndpointSlice, Service } from '../../model/service.ts'
import { type Backend, backendsOf } from './backends.ts'
import { Balancer } from './balancer.ts'
import type { Address, Forwarder } from './forwarder.ts'
import { clusterSockets, localPorts } from './sockets.ts'
import { TcpForwarder } from './tcp-forwarder.ts'
import { UdpForwarder } from './udp-forwarder.ts'

const service = (spec: Service['spec']): Service => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 'web', namespace: 'n' },
  spec: { clusterIP: '10.0.0.7', ...spec },
})

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
  const slice = (endpoints: EndpointSlice['endpoints'] & object, port = 8080): EndpointSlice => ({
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
    ['none', [slice([broken])], []],
  ])('are %s', (_name, slices, expected) => {
    expect(backendsOf(slices, { name: 'http' }).map(({ address, port }) => `${address}:${port}`)).toEqual(expected)
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

  async function closedPort(): Promise<Address> {
    const server = createServer()
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as AddressInfo
    await new Promise((resolve) => server.close(resolve))
    return { host: '127.0.0.1', port }
  }

  const route = (addresses: Address[], taken: string[] = []) => ({
    targets: (client: string) =>
      addresses.map((address) => ({ address, taken: () => taken.push(`${client} ${address.port}`) })),
  })

  async function listening(forwarder: Forwarder): Promise<number> {
    ends.push(() => forwarder.close())
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
    const backends = await Promise.all(
      ['a', 'b'].map(async (name) => {
        const socket = createSocket('udp4')
        socket.on('message', (message, from) => socket.send(`${name} ${message}`, from.port, from.address))
        await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve))
        ends.push(() => socket.close())
        return { host: '127.0.0.1', port: socket.address().port }
      }),
    )
    let turn = 0
    const alternate = { targets: () => route([backends[turn++ % 2] as Address]).targets('') }
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
})
