import { type ClientRequest, request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http'
import { connect } from 'node:net'
import type { Duplex } from 'node:stream'
import type { Address } from '../services/forwarder.ts'

/** Headers that are for one connection only (RFC 9110, 7.6.1). */
const HOP_BY_HOP = [
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'upgrade',
]

/** Passes a request on to the first of these that takes the connection, and its answer back. */
export function proxyRequest(request: IncomingMessage, response: ServerResponse, targets: Address[]): void {
  const attempt = (index: number): void => {
    const target = targets[index]
    if (!target) {
      refuse(response, index === 0 ? 503 : 502)
      return
    }
    const upstream = httpRequest({
      ...target,
      method: request.method,
      path: request.url,
      headers: forwarded(request),
      agent: false,
    })
    upstream.once('socket', (socket) => socket.once('connect', () => request.pipe(upstream)))
    upstream.on('response', (answer) => passBack(answer, response))
    upstream.on('error', () => {
      if (response.headersSent) response.destroy()
      else if (hasConnected(upstream)) refuse(response, 502)
      else attempt(index + 1)
    })
    response.on('close', () => upstream.destroy())
  }
  attempt(0)
}

/** The same for a request that changes to another protocol, such as WebSocket. */
export function proxyUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer, targets: Address[]): void {
  socket.on('error', () => socket.destroy())
  const attempt = (index: number): void => {
    if (socket.destroyed) return
    const target = targets[index]
    if (!target) {
      const status = index === 0 ? '503 Service Unavailable' : '502 Bad Gateway'
      socket.end(`HTTP/1.1 ${status}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`)
      return
    }
    const upstream = connect(target)
    const refused = (): void => attempt(index + 1)
    upstream.once('error', refused)
    upstream.once('connect', () => {
      upstream.off('error', refused)
      upstream.on('error', () => socket.destroy())
      upstream.on('close', () => socket.destroy())
      upstream.write(upgradeHead(request))
      upstream.write(head)
      socket.pipe(upstream)
      upstream.pipe(socket)
    })
    socket.on('close', () => upstream.destroy())
  }
  attempt(0)
}

function upgradeHead(request: IncomingMessage): string {
  const headers = { ...forwarded(request), connection: 'Upgrade', upgrade: request.headers.upgrade ?? '' }
  const lines = Object.entries(headers).flatMap(([name, value]) => [value].flat().map((one) => `${name}: ${one}\r\n`))
  return `${request.method} ${request.url} HTTP/1.1\r\n${lines.join('')}\r\n`
}

/** The request's headers, and who asked how, as reverse proxies tell it. */
function forwarded({ headers, socket }: IncomingMessage): Record<string, string | string[]> {
  const kept = Object.entries(headers).filter(([name, value]) => value !== undefined && !HOP_BY_HOP.includes(name))
  const { remoteAddress = '', localPort } = socket
  const isSecure = 'encrypted' in socket
  const before = headers['x-forwarded-for']
  return {
    ...(Object.fromEntries(kept) as Record<string, string | string[]>),
    'x-forwarded-for': before ? `${[before].flat().join(', ')}, ${remoteAddress}` : remoteAddress,
    'x-forwarded-host': headers.host ?? '',
    'x-forwarded-port': String(localPort ?? ''),
    'x-forwarded-proto': isSecure ? 'https' : 'http',
    'x-real-ip': remoteAddress,
  }
}

function passBack(answer: IncomingMessage, response: ServerResponse): void {
  const kept = Object.entries(answer.headers).filter(([name]) => !HOP_BY_HOP.includes(name))
  response.writeHead(answer.statusCode ?? 502, answer.statusMessage, Object.fromEntries(kept))
  answer.pipe(response)
  answer.on('error', () => response.destroy())
}

const hasConnected = ({ socket }: ClientRequest): boolean => (socket?.bytesWritten ?? 0) > 0

const TEXTS: Record<number, string> = { 404: 'page not found', 502: 'Bad Gateway', 503: 'Service Unavailable' }

export function refuse(response: ServerResponse, status: number): void {
  response.writeHead(status, { 'content-type': 'text/plain' }).end(`${status} ${TEXTS[status] ?? ''}\n`)
}
