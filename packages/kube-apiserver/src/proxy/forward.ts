import { request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { connect } from 'node:net'
import type { Duplex, Readable } from 'node:stream'
import { connect as tlsConnect } from 'node:tls'
import { isTokenProtocol, offeredProtocols } from '../access/socket-token.ts'
import { internalError, type Status, serviceUnavailable } from '../api/status.ts'

/** A server to which requests are handed on. */
export interface Backend {
  host: string
  port: number
  /** With query. */
  path: string
  /** Absent = plain HTTP. */
  tls?: { ca?: string; cert?: string; key?: string; servername?: string; rejectUnauthorized: boolean }
  /** Instead of the client's of the same names. */
  headers?: Record<string, string | string[]>
}

/** What belongs to one connection, and what a client must not say to a server behind us. */
const DROPPED = new Set([
  'authorization',
  'connection',
  'host',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
])
const PRETENDED = /^(impersonate-|x-remote-)/

function headersFor(http: IncomingMessage, { host, port, headers = {} }: Backend): Record<string, string | string[]> {
  const own = Object.entries(http.headers).filter(
    (entry): entry is [string, string | string[]] =>
      entry[1] !== undefined && !DROPPED.has(entry[0]) && !PRETENDED.test(entry[0]),
  )
  const before = http.headers['x-forwarded-for']
  const client = http.socket.remoteAddress ?? ''
  return {
    ...Object.fromEntries(own),
    host: `${host}:${port}`,
    'x-forwarded-for': before ? `${before}, ${client}` : client,
    ...headers,
  }
}

/**
 * Hands on a request that asks for no upgrade, and gives the answer, whatever its status. The caller takes its body.
 * Throws 503 when the backend cannot be reached. Ends with the client's connection.
 */
export function forwardRequest(
  http: IncomingMessage,
  response: ServerResponse,
  backend: Backend,
): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const { host, port, path, tls } = backend
    const options = { host, port, path, method: http.method ?? 'GET', headers: headersFor(http, backend) }
    const upstream = tls ? httpsRequest({ ...options, ...tls }) : httpRequest(options)
    upstream.on('error', (error) => reject(serviceUnavailable(`error trying to reach service: ${error.message}`)))
    upstream.on('response', resolve)
    response.on('close', () => upstream.destroy())
    http.pipe(upstream)
  })
}

/** Gives an answer to the client, its headers changed by `change`, or another body in place of its own. */
export function passOn(
  answer: IncomingMessage,
  response: ServerResponse,
  change: (headers: Record<string, string | string[]>) => void = () => {},
  body: Readable = answer,
): Promise<void> {
  const headers = Object.fromEntries(
    Object.entries(answer.headers).filter((entry) => entry[1] !== undefined && !DROPPED.has(entry[0])),
  ) as Record<string, string | string[]>
  change(headers)
  response.writeHead(answer.statusCode ?? 502, headers)
  // A follower that waits for the first line wants to know that it waits.
  response.flushHeaders()
  body.pipe(response)
  body.on('error', () => response.destroy())
  return new Promise((resolve) => response.on('close', resolve))
}

/** Hands on a request for an upgrade (SPDY or WebSocket), and then every byte, both ways. */
export function forwardUpgrade(http: IncomingMessage, client: Duplex, head: Buffer, backend: Backend): void {
  const { host, port, tls } = backend
  const upstream: Duplex = tls ? tlsConnect({ host, port, ...tls }) : connect(port, host)
  const close = () => {
    upstream.destroy()
    client.destroy()
  }
  upstream.on('error', (error) => {
    refuseUpgrade(client, internalError(`error dialing backend: ${error.message}`).status)
  })
  upstream.once(tls ? 'secureConnect' : 'connect', () => {
    upstream.write(requestHead(http, backend))
    if (head.length > 0) upstream.write(head)
    upstream.pipe(client)
    client.pipe(upstream)
  })
  // What the client still sends, which nobody takes any more, would hold back its end.
  upstream.on('close', () => client.end().resume())
  client.on('error', close)
  client.on('close', close)
}

/** The client's own head for another server. */
function requestHead(http: IncomingMessage, backend: Backend): string {
  const headers = { ...headersFor(http, backend), connection: 'Upgrade', upgrade: http.headers.upgrade ?? '' }
  const lines = [`${http.method} ${backend.path} HTTP/1.1`]
  for (const [name, value] of Object.entries(headers)) {
    for (const one of [value].flat()) {
      // Browsers and client-go may send the token as a subprotocol; it is for us alone.
      lines.push(`${name}: ${name === 'sec-websocket-protocol' ? withoutToken(one) : one}`)
    }
  }
  return `${lines.join('\r\n')}\r\n\r\n`
}

function withoutToken(protocols: string): string {
  return offeredProtocols(protocols)
    .filter((one) => !isTokenProtocol(one))
    .join(', ')
}

/** Answers a request for an upgrade with a Status. */
export function refuseUpgrade(client: Duplex, status: Status): void {
  if (!client.writable) return
  const body = JSON.stringify(status)
  client.end(
    `HTTP/1.1 ${status.code ?? 500} ${status.reason ?? 'Error'}\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`,
  )
}
