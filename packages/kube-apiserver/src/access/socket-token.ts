import type { IncomingMessage } from 'node:http'

const PREFIX = 'base64url.bearer.authorization.k8s.io.'

/** The subprotocols that a WebSocket's client offers. */
export function offeredProtocols(header: string | undefined): string[] {
  return (header ?? '').split(',').map((protocol) => protocol.trim())
}

export const isTokenProtocol = (protocol: string): boolean => protocol.startsWith(PREFIX)

export function isWebSocket({ headers }: Pick<IncomingMessage, 'headers'>): boolean {
  return headers.upgrade?.toLowerCase() === 'websocket'
}

/**
 * The token that a browser, which can set no headers, offers as a subprotocol of a WebSocket; empty = offered in a wrong way.
 * There must be one of it, and another subprotocol that the answer can name (authentication/request/websocket).
 */
export function socketToken(http: Pick<IncomingMessage, 'headers'>): string | undefined {
  if (!isWebSocket(http)) return undefined
  const offered = offeredProtocols(http.headers['sec-websocket-protocol'])
  const tokens = offered.filter(isTokenProtocol)
  if (tokens.length === 0) return undefined
  const isRight = tokens.length === 1 && offered.length > 1
  return isRight ? Buffer.from(tokens[0]?.slice(PREFIX.length) ?? '', 'base64url').toString() : ''
}
