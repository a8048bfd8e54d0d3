import type { IncomingMessage } from 'node:http'

/** What a caller showed, before anyone believed it. */
export type Credentials = { kind: 'basic'; username: string; password: string } | { kind: 'bearer'; token: string }

/** Who a caller is. */
export interface Identity {
  name: string
  /** `admin` may do everything; `developer` may push code, images and charts; `reader` may only read. */
  role: 'admin' | 'developer' | 'reader'
}

/** Turns credentials into an identity; undefined = not known here. Never throws for wrong credentials. */
export interface Authenticator {
  authenticate(credentials: Credentials): Promise<Identity | undefined>
}

/** The credentials of a request's Authorization header (RFC 7617 Basic, RFC 6750 Bearer). */
export function readCredentials(request: Pick<IncomingMessage, 'headers'>): Credentials | undefined {
  const header = request.headers.authorization
  if (!header) return undefined
  const space = header.indexOf(' ')
  const scheme = header.slice(0, space).toLowerCase()
  const value = header.slice(space + 1).trim()
  if (scheme === 'bearer' && value) return { kind: 'bearer', token: value }
  if (scheme !== 'basic') return undefined
  const text = Buffer.from(value, 'base64').toString('utf8')
  const colon = text.indexOf(':')
  if (colon < 0) return undefined
  return { kind: 'basic', username: text.slice(0, colon), password: text.slice(colon + 1) }
}
