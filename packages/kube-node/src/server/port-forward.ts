import { createConnection } from 'node:net'
import type { Duplex } from 'node:stream'
import { messageOf } from '@slipway/errors'
import type { PodAccess } from './pod-access.ts'
import { SpdySession, type SpdyStream } from './spdy.ts'

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
    if (!pair.error || !pair.data) return
    pairs.delete(requestid)
    connect(session, pod, { port: Number(port), error: pair.error, data: pair.data })
  })
}

function connect(
  session: SpdySession,
  pod: PodAccess,
  { port, error, data }: { port: number; error: SpdyStream; data: SpdyStream },
): void {
  const address = pod.dial(port)
  const fail = (message: string): void => {
    error.end(`error forwarding port ${port} to pod ${pod.pod.metadata.name}: ${message}`)
    session.reset(data)
  }
  error.resume()
  if (!address) {
    fail('the pod does not run')
    return
  }
  const socket = createConnection({ ...address, allowHalfOpen: true })
  let connected = false
  socket.once('connect', () => {
    connected = true
    data.pipe(socket)
    socket.pipe(data)
  })
  socket.on('error', (cause) => {
    if (connected) session.reset(data)
    else fail(messageOf(cause))
  })
  socket.on('end', () => error.end())
  data.on('close', () => socket.destroy())
}
