import type { IncomingMessage } from 'node:http'
import type { TLSSocket } from 'node:tls'
import { type Authenticator, readCredentials } from '@slipway/http-server'
import type { User } from '../api/request.ts'
import type { TokenIssuer } from './service-account-tokens.ts'

/** Turns a bearer token into a user; undefined = not known here. */
export type TokenReader = (token: string) => Promise<User | undefined>

export const ANONYMOUS: User = { name: 'system:anonymous', groups: ['system:unauthenticated'] }

/** Who sends a request: a client certificate of our CA, else a bearer token, else nobody. `undefined` = credentials that are wrong. */
export async function authenticate(http: IncomingMessage, readToken: TokenReader): Promise<User | undefined> {
  const certificate = userOfCertificate(http.socket as TLSSocket)
  if (certificate) return authenticatedUser(certificate)
  const credentials = readCredentials(http)
  if (!credentials) return ANONYMOUS
  if (credentials.kind !== 'bearer') return undefined
  const user = await readToken(credentials.token)
  return user && authenticatedUser(user)
}

/** What everyone who has proved to be someone belongs to. */
export function authenticatedUser(user: User): User {
  return { ...user, groups: [...new Set([...user.groups, 'system:authenticated'])] }
}

/** CN is the user, every O a group (Kubernetes' X509 client certs). */
function userOfCertificate(socket: TLSSocket): User | undefined {
  if (!socket.authorized || typeof socket.getPeerCertificate !== 'function') return undefined
  const { subject } = socket.getPeerCertificate()
  if (!subject?.CN) return undefined
  const { O: organisations } = subject as { O?: string | string[] }
  return { name: String(subject.CN), groups: organisations === undefined ? [] : [organisations].flat() }
}

/** Tokens of ServiceAccounts, then those of the program around us. */
export function tokenReader(issuer: TokenIssuer, authenticator: Authenticator | undefined): TokenReader {
  return async (token) => {
    const account = issuer.verify(token)
    if (account) return account
    const identity = await authenticator?.authenticate({ kind: 'bearer', token })
    if (!identity) return undefined
    return {
      name: identity.name,
      groups: identity.role === 'admin' ? ['system:masters'] : [`slipway:${identity.role}`],
    }
  }
}
