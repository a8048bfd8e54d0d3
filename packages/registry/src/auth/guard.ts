import type { IncomingMessage } from 'node:http'
import type { TLSSocket } from 'node:tls'
import { type Authenticator, type Credentials, type Identity, readCredentials } from '@slipway/http-server'
import { Refusal } from '../refusal.ts'
import { formatScope, grantsAllow, type Need, type Principal, roleAllows } from './access.ts'
import type { Tokens } from './tokens.ts'

/** The user name that says "the password is a token" (Azure Container Registry). */
export const NULL_GUID = '00000000-0000-0000-0000-000000000000'

export interface GuardDeps {
  authenticator: Authenticator
  tokens: Tokens
  hostName: string
  realm: string | undefined
}

/** The one place where the registry decides who may do what. */
export class Guard {
  readonly #deps: GuardDeps

  constructor(deps: GuardDeps) {
    this.#deps = deps
  }

  /** The caller, when it may do all that is needed. Throws Refusal UNAUTHORIZED with a challenge, or DENIED. */
  async admit(request: IncomingMessage, ...needs: Need[]): Promise<Principal> {
    const credentials = readCredentials(request)
    if (!credentials) throw this.#challenge(request, needs)
    const token = tokenIn(credentials)
    const claims = token === undefined ? undefined : this.#deps.tokens.read(token)
    if (claims?.kind === 'access_token') {
      const { role, name } = claims.identity
      requireRole(role, needs)
      const can = (wanted: Need): boolean => roleAllows(role, wanted) && grantsAllow(claims.grants, wanted)
      if (!needs.every(can)) throw this.#challenge(request, needs, 'insufficient_scope')
      return { name, can, couldAsk: (wanted) => roleAllows(role, wanted) }
    }
    // A refresh token is good for the token endpoint, and as the null GUID's password; not as a bearer.
    const identity = claims && credentials.kind === 'bearer' ? undefined : await this.identify(credentials)
    if (!identity) throw this.#challenge(request, needs, 'invalid_token')
    requireRole(identity.role, needs)
    const can = (wanted: Need): boolean => roleAllows(identity.role, wanted)
    return { name: identity.name, can, couldAsk: can }
  }

  /** Whom credentials belong to: those that the authenticator knows, or a token of ours as the password of the null GUID. */
  async identify(credentials: Credentials): Promise<Identity | undefined> {
    const { authenticator, tokens } = this.#deps
    if (credentials.kind === 'bearer' || credentials.username !== NULL_GUID) {
      return authenticator.authenticate(credentials)
    }
    const claims = tokens.read(credentials.password)
    if (claims?.kind === 'refresh_token') return claims.identity
    // An access token stands for its grants only, never for the whole identity behind it.
    if (claims) return undefined
    return authenticator.authenticate({ kind: 'bearer', token: credentials.password })
  }

  #challenge(request: IncomingMessage, needs: Need[], error?: string): Refusal {
    const encrypted = (request.socket as TLSSocket).encrypted === true
    const base = this.#deps.realm ?? `${encrypted ? 'https' : 'http'}://${safeHost(request) ?? this.#deps.hostName}`
    const parts = [
      `realm="${base}/oauth2/token"`,
      `service="${this.#deps.hostName}"`,
      ...(needs.length > 0 ? [`scope="${needs.map(formatScope).join(' ')}"`] : []),
      ...(error ? [`error="${error}"`] : []),
    ]
    return new Refusal('UNAUTHORIZED', 'authentication required', {
      headers: { 'www-authenticate': `Bearer ${parts.join(',')}` },
      ...(needs.length > 0 && {
        detail: needs.map(({ type, name, actions }) => ({ Type: type, Name: name, Action: actions.join(',') })),
      }),
    })
  }
}

function tokenIn(credentials: Credentials): string | undefined {
  if (credentials.kind === 'bearer') return credentials.token
  return credentials.username === NULL_GUID ? credentials.password : undefined
}

/** What the role rules out no other token would help with, so there is no challenge. */
function requireRole(role: Identity['role'], needs: Need[]): void {
  const forbidden = needs.find((need) => !roleAllows(role, need))
  if (!forbidden) return
  throw new Refusal('DENIED', `requested access to the resource is denied: ${formatScope(forbidden)}`)
}

/** The Host header, unless it would break out of the quoted text that it is put in. */
function safeHost(request: IncomingMessage): string | undefined {
  const { host } = request.headers
  return host && /^[A-Za-z0-9.:[\]_-]+$/.test(host) ? host : undefined
}
