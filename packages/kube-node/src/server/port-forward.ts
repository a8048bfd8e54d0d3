import type { Duplex, Writable } from 'node:stream'
import { messageOf } from '@slipway/errors'
import type { PodAccess } from './pod-access.ts'
import { connectToPod } from './pod-connection.ts'
import { SpdySession, type SpdyStream } from './spdy.ts'

/** One connection that is forwarded: where its bytes go, and where is told why they can't. */
export interface Forwarding {
  port: number
  data: Duplex
  error: Writable
  /** Cuts the client's side off. */
  reset(): void
}

/**
 * Serves `kubectl port-forward` on a SPDY connection: for each connection it accepts, the client opens an error stream and a
 * data stream with the same requestID (kubelet, portforward/httpstream.go).
 */
export function forwardPorts(connection: Duplex, pod: PodAccess): void {
  const pairs = new Map<string, { error?: SpdyStream; data?: SpdyStream }>()
  const session = new SpdySession(connection, (stream) => {
    const { streamtype, requestid = '', port } = stream.headers
    const pair = { ...pairs.get(requestid), [streamtype === 'error' ? 'error' : 'data']: stream }
    pairs.set(requestid, pair)
    const { error, data } = pair
    if (!error || !data) return
    pairs.delete(requestid)
    error.resume()
    void forwardPort(pod, { port: Number(port), error, data, reset: () => session.reset(data) })
  })
}

/** Joins the client with the pod. Resolves when the connection is over. */
export async function forwardPort(pod: PodAccess, { port, error, data, reset }: Forwarding): Promise<void> {
  let connection: Duplex
  try {
    const address = pod.dial(port)
    if (!address) throw new Error('the pod does not run')
    connection = await connectToPod(address)
  } catch (cause) {
    error.end(`error forwarding port ${port} to pod ${pod.pod.metadata.name}: ${messageOf(cause)}`)
    reset()
    return
  }
  const closed = new Promise<void>((resolve) => connection.once('close', resolve))
  connection.on('error', reset)
  connection.on('end', () => error.end())
  data.on('close', () => connection.destroy())
  if (data.destroyed) connection.destroy()
  data.pipe(connection)
  connection.pipe(data)
  await closed
}
