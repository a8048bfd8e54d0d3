import type { IncomingMessage } from 'node:http'
import type { TLSSocket } from 'node:tls'
import { type Authenticator, readCredentials } from '@slipway/http-server'
import type { User } from '../api/request.ts'
import { AUDIENCE, type TokenIssuer } from './service-account-tokens.ts'
import { socketToken } from './socket-token.ts'

/** Turns a bearer token for one of some audiences into a user; undefined = not known here. */
export type TokenReader = (token: string, audiences: string[]) => Promise<TokenUser | undefined>

export interface TokenUser {
  user: User
  /** Those asked for that the token is good for. */
  audiences: string[]
}

export const ANONYMOUS: User = { name: 'system:anonymous', groups: ['system:unauthenticated'] }

/**
 * Who sends a request: a client certificate of our CA, else a bearer token, else nobody known. `undefined` = a token that is wrong, or no
 * token and a certificate that is not good (union.NewFailOnError before the anonymous authenticator).
 */
export async function authenticate(http: IncomingMessage, readToken: TokenReader): Promise<User | undefined> {
  const certificate = certificateUser(http.socket as TLSSocket)
  if (certificate && certificate !== 'refused') return certificate
  const credentials = readCredentials(http)
  // Passwords say nothing here.
  const token = credentials?.kind === 'bearer' ? credentials.token : socketToken(http)
  if (token === undefined) return certificate === 'refused' ? undefined : ANONYMOUS
  const found = await readToken(token, [AUDIENCE])
  return found && authenticatedUser(found.user)
}

/** What everyone who has proved to be someone belongs to. */
export function authenticatedUser(user: User): User {
  return { ...user, groups: [...new Set([...user.groups, 'system:authenticated'])] }
}

type CertificateUser = User | 'refused' | undefined

const users = new WeakMap<TLSSocket, { user: CertificateUser }>()

/** Reading a certificate takes as long as a small request: it is done once for each connection. */
function certificateUser(socket: TLSSocket): CertificateUser {
  const known = users.get(socket)
  if (known) return known.user
  const user = userOfCertificate(socket)
  users.set(socket, { user })
  return user
}

/** CN is the user, every O a group (Kubernetes' X509 client certs). */
function userOfCertificate(socket: TLSSocket): CertificateUser {
  if (typeof socket.getPeerCertificate !== 'function') return undefined
  const { subject, raw } = socket.getPeerCertificate()
  if (raw && !socket.authorized) return 'refused'
  if (!subject?.CN) return undefined
  const { O: organisations } = subject as { O?: string | string[] }
  const groups = organisations === undefined ? [] : [organisations].flat()
  return authenticatedUser({ name: String(subject.CN), groups })
}

/** Tokens of ServiceAccounts, then those of the program around us. */
export function tokenReader(issuer: TokenIssuer, authenticator: Authenticator | undefined): TokenReader {
  return async (token, audiences) => {
    const account = issuer.verify(token, audiences)
    if (account) return account
    const identity = await authenticator?.authenticate({ kind: 'bearer', token })
    if (!identity) return undefined
    const groups = identity.role === 'admin' ? ['system:masters'] : [`slipway:${identity.role}`]
    return { user: { name: identity.name, groups }, audiences }
  }
}
