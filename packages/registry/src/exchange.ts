import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Principal } from './auth/access.ts'
import type { Origin, RequestOrigin } from './events.ts'

/** A request that has come in. */
export interface Incoming {
  /** Of this request, as logs and events name it. */
  id: string
  request: IncomingMessage
  response: ServerResponse
  url: URL
  /** As it was when the request came: a connection that has ended has no address. */
  from: RequestOrigin
  /** Filled in on the way, for the log of who did what. */
  note: Note
}

/** What is known of a request by the time that it is answered. */
export interface Note {
  /** What it is counted as. */
  handler: string
  actor?: string
  /** Absent for requests that are not logged unless they are refused. */
  action?: string
  repository?: string
  /** Tag, digest or file. */
  reference?: string
  /** What the caller was not allowed, as a scope. */
  refused?: string
}

/** One request whose caller is admitted. */
export interface Exchange extends Incoming {
  principal: Principal
}

/** Whom an event that the request causes is put down to. */
export function originOf({ from, principal }: Exchange): Origin {
  return { actor: principal.name, request: from }
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
