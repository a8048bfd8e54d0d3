import { request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http'
import { connect } from 'node:net'
import type { Duplex } from 'node:stream'
import { internalError, type Status, StatusError } from '../api/status.ts'
import type { KubeletLocation } from './kubelet-location.ts'

/** Passes on a request without Upgrade, such as logs, and streams the answer. Throws the kubelet's refusal as a Status. */
export function forwardRequest(
  http: IncomingMessage,
  response: ServerResponse,
  to: KubeletLocation,
  token: string,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const { host, port, path } = to
    const method = http.method ?? 'GET'
    const upstream = httpRequest({ host, port, path, method, headers: { authorization: `Bearer ${token}` } })
    upstream.on('error', (error) => reject(internalError(`error dialing backend: ${error.message}`)))
    upstream.on('response', (answer) => {
      if ((answer.statusCode ?? 500) >= 400) {
        void readRefusal(answer).then(reject, reject)
        return
      }
      response.writeHead(answer.statusCode ?? 200, { 'content-type': answer.headers['content-type'] ?? 'text/plain' })
      // A follower that waits for the first line wants to know that it waits.
      response.flushHeaders()
      answer.pipe(response)
    })
    response.on('close', () => {
      upstream.destroy()
      resolve()
    })
    upstream.end()
  })
}

async function readRefusal(answer: IncomingMessage): Promise<StatusError> {
  let text = ''
  for await (const chunk of answer.setEncoding('utf8')) {
    text += chunk
    if (text.length > 64 * 1024) break
  }
  const code = answer.statusCode ?? 500
  const reason = { 400: 'BadRequest', 404: 'NotFound', 401: 'Unauthorized' }[code] ?? 'InternalError'
  return new StatusError(code, reason, text.trim() || `the kubelet answered with status ${code}`)
}

/** Passes on an Upgrade request (SPDY or WebSocket) and then every byte, both ways. */
export function forwardUpgrade(
  http: IncomingMessage,
  client: Duplex,
  head: Buffer,
  to: KubeletLocation & { token: string },
): void {
  const upstream = connect(to.port, to.host)
  const close = () => {
    upstream.destroy()
    client.destroy()
  }
  upstream.on('error', (error) => {
    refuseUpgrade(client, internalError(`error dialing backend: ${error.message}`).status)
  })
  upstream.on('connect', () => {
    upstream.write(requestHead(http, to))
    if (head.length > 0) upstream.write(head)
    upstream.pipe(client)
    client.pipe(upstream)
  })
  upstream.on('close', () => client.end())
  client.on('error', close)
  client.on('close', close)
}

/** The client's own head, for another host and with our token in place of its credentials. */
function requestHead(http: IncomingMessage, { path, host, port, token }: KubeletLocation & { token: string }): string {
  const lines = [`${http.method} ${path} HTTP/1.1`, `Host: ${host}:${port}`, `Authorization: Bearer ${token}`]
  for (let index = 0; index < http.rawHeaders.length; index += 2) {
    const name = http.rawHeaders[index] ?? ''
    let value = http.rawHeaders[index + 1] ?? ''
    if (/^(host|authorization)$/i.test(name)) continue
    // Browsers and client-go may send the token as a subprotocol; it is for us alone.
    if (/^sec-websocket-protocol$/i.test(name)) value = withoutToken(value)
    lines.push(`${name}: ${value}`)
  }
  return `${lines.join('\r\n')}\r\n\r\n`
}

function withoutToken(protocols: string): string {
  const kept = protocols.split(',').map((one) => one.trim())
  return kept.filter((one) => !one.startsWith('base64url.bearer.authorization.k8s.io.')).join(', ')
}

/** Answers an Upgrade request with a Status. */
export function refuseUpgrade(client: Duplex, status: Status): void {
  if (!client.writable) return
  const body = JSON.stringify(status)
  client.end(
    `HTTP/1.1 ${status.code ?? 500} ${status.reason ?? 'Error'}\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`,
  )
}
