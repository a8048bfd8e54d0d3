import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Principal } from '../auth/access.ts'

/** One request, with its URL taken apart and its caller admitted. */
export interface Exchange {
  request: IncomingMessage
  response: ServerResponse
  url: URL
  principal: Principal
}

/** Answers without a body. */
export function sendEmpty(
  response: ServerResponse,
  status: number,
  headers: Record<string, string | string[]> = {},
): void {
  response.writeHead(status, { 'content-length': '0', ...headers }).end()
}

/** Whether the client has this very content already (RFC 9110 section 13.1.2). */
export function isKnown(request: IncomingMessage, etag: string): boolean {
  const header = request.headers['if-none-match']
  if (!header) return false
  return header
    .split(',')
    .some((candidate) => candidate.trim().replace(/^W\//, '') === etag || candidate.trim() === '*')
}
