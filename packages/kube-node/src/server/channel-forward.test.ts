import { once } from 'node:events'
import { createServer as createHttpServer } from 'node:http'
import { type AddressInfo, createServer, type Server } from 'node:net'
import { afterEach, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import type { PodAddress } from '../kubelet/observed-pod.ts'
import { simulatedRuntime } from '../runtime/simulated-runtime.ts'
import { ContainerStreams } from './container-streams.ts'
import type { PodAccess } from './pod-access.ts'

const stops: (() => void)[] = []
afterEach(() => {
  for (const stop of stops.splice(0)) stop()
})

async function listen(server: Server, host = '127.0.0.1'): Promise<number> {
  server.listen(0, host)
  await once(server, 'listening')
  stops.push(() => server.close())
  return (server.address() as AddressInfo).port
}

/** A program that says hello, what it is sent, and goodbye. */
async function program(): Promise<number> {
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    socket.write('hello')
    socket.once('data', (chunk) => socket.end(`${chunk}!`))
  })
  return listen(server)
}

/** Opens a WebSocket to the ports of a pod; resolves, at its end, to what came on each channel. */
async function forward(
  ports: string,
  { protocol = 'v4.channel.k8s.io', dial = (port: number): PodAddress => ({ host: '127.0.0.1', port }), say = '' },
): Promise<{ protocol: string; channels: Buffer[][]; code: number }> {
  const access = { pod: { metadata: { name: 'p' }, spec: { containers: [] } }, dial } as unknown as PodAccess
  const streams = new ContainerStreams(simulatedRuntime().engine)
  const server = createHttpServer()
  server.on('upgrade', (request, socket, head) => {
    const { searchParams: query } = new URL(request.url ?? '', 'http://kubelet')
    streams.accept(request, socket, { head, target: { kind: 'portForward', access, container: undefined, query } })
  })
  const port = await listen(server)
  const client = new WebSocket(`ws://127.0.0.1:${port}/portForward/n/p?port=${ports}`, [protocol])
  stops.push(() => client.terminate())
  const channels: Buffer[][] = []
  const isText = protocol.includes('base64')
  client.on('message', (message: Buffer) => {
    const channel = isText ? Number(message.toString()[0]) : (message[0] ?? -1)
    const content = isText ? Buffer.from(message.toString().slice(1), 'base64') : message.subarray(1)
    channels[channel] = [...(channels[channel] ?? []), content]
    if (say && content.toString() === 'hello') client.send(isText ? `${channel}${btoa(say)}` : `\0${say}`)
  })
  const [code] = (await once(client, 'close')) as [number]
  return { protocol: client.protocol, channels, code }
}

const numberOf = (port: number): Buffer => Buffer.from([port & 255, port >> 8])

it.each([
  'v4.channel.k8s.io',
  'v4.base64.channel.k8s.io',
])('a port is forwarded over the channels of %s', async (protocol) => {
  const port = await program()

  const { channels, code, ...client } = await forward(String(port), { protocol, say: 'you' })

  expect([client.protocol, code]).toEqual([protocol, 1000])
  expect(channels[0]?.[0]).toEqual(numberOf(port))
  expect(Buffer.concat(channels[0]?.slice(1) ?? []).toString()).toBe('helloyou!')
  expect(channels[1]).toEqual([numberOf(port)])
})

it('a port at which nobody listens is told on its error channel, and the others go on', async () => {
  const [port, server] = [await program(), createServer()]
  const closed = await listen(server)
  server.close()

  const { channels } = await forward(`${port},${closed}`, { say: 'x' })

  expect(Buffer.concat(channels[0] ?? []).toString()).toMatch(/hellox!$/)
  expect(channels[2]).toEqual([numberOf(closed)])
  expect(channels[3]?.[1]?.toString()).toBe(
    `error forwarding port ${closed} to pod p: connect ECONNREFUSED 127.0.0.1:${closed}`,
  )
})

it.skipIf(process.getuid?.() !== 0)('a program that listens on the loopback of its pod alone is reached', async () => {
  const port = await program()
  // This process has the network of the pod; at the pod's address nobody listens.
  const dial = (number: number): PodAddress => ({ host: '127.0.0.2', port: number, pid: process.pid })

  const { channels } = await forward(String(port), { dial, say: 'inside' })

  expect(Buffer.concat(channels[0]?.slice(1) ?? []).toString()).toBe('helloinside!')
  expect(channels[1]).toEqual([numberOf(port)])
})

it.each(['', '0', '65536', '80,x'])('what is no port is refused: "%s"', (ports) => {
  const streams = new ContainerStreams(simulatedRuntime().engine)
  const query = new URLSearchParams({ port: ports })
  const request = { headers: { upgrade: 'websocket' } }
  const target = { kind: 'portForward', access: {}, container: undefined, query }

  expect(() =>
    streams.accept(request as never, {} as never, { head: Buffer.alloc(0), target: target as never }),
  ).toThrow(`unable to parse`)
})
