import { Duplex, Writable } from 'node:stream'
import { UserError } from '@slipway/errors'
import type { WebSocket } from 'ws'
import { framingOf } from './channel-framing.ts'
import type { PodAccess } from './pod-access.ts'
import { forwardPort } from './port-forward.ts'

/** The subprotocols of port-forward; others than kubectl speak them, such as the clients for Python and JavaScript. */
export const FORWARD_PROTOCOLS = ['v4.channel.k8s.io', 'v4.base64.channel.k8s.io']

/** The ports that a query names, once or often. Throws UserError POD_PORT_INVALID. */
export function forwardedPorts(query: URLSearchParams): number[] {
  const ports = query.getAll('port').flatMap((value) => value.split(','))
  if (ports.length === 0) throw new UserError('POD_PORT_INVALID', 'query parameter "port" is required')
  return ports.map((text) => {
    const port = /^\d+$/.test(text) ? Number(text) : 0
    if (port < 1 || port > 65_535) throw new UserError('POD_PORT_INVALID', `unable to parse "${text}" as a port`)
    return port
  })
}

/**
 * Forwards one connection for each port over a WebSocket: port n has channel 2n for data and 2n+1 for errors, and both begin with
 * its number, two bytes, the lower first (kubelet, portforward/websocket.go).
 */
export async function forwardChannels(webSocket: WebSocket, pod: PodAccess, ports: number[]): Promise<void> {
  const { read, write } = framingOf(webSocket.protocol)
  const send = (channel: number, chunk: Buffer, done: () => void): void =>
    webSocket.send(write(channel, chunk), () => done())
  const streams = ports.map(
    (_, at) =>
      new Duplex({
        read: () => webSocket.resume(),
        write: (chunk: Buffer, _encoding, done) => send(2 * at, chunk, done),
      }),
  )
  webSocket.on('message', (message: Buffer) => {
    const { channel, content } = read(message)
    const stream = streams[channel / 2]
    if (stream && !stream.destroyed && !stream.push(content)) webSocket.pause()
  })
  webSocket.on('error', () => webSocket.terminate())
  webSocket.on('close', () => {
    for (const stream of streams) stream.destroy()
  })
  await Promise.all(
    streams.map(async (data, at) => {
      const error = new Writable({ write: (chunk: Buffer, _encoding, done) => send(2 * at + 1, chunk, done) })
      const port = ports[at] ?? 0
      const number = Buffer.from([port & 255, port >> 8])
      data.write(number)
      // A channel has no end of its own: the pod's is that of the connection.
      data.once('finish', () => data.destroy())
      error.write(number)
      await forwardPort(pod, { port, data, error, reset: () => data.destroy() })
      // What was said last may not have left yet.
      if (!error.writableFinished) await new Promise((resolve) => error.once('close', resolve).end())
    }),
  )
  webSocket.close(1000)
}
