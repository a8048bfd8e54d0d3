import type { IncomingMessage } from 'node:http'
import type { TLSSocket } from 'node:tls'
import { type Credentials, readCredentials } from '@slipway/http-server'
import type { Exchange, Incoming } from '../exchange.ts'
import { Refusal } from '../refusal.ts'
import { type Caller, formatScope, grantsAllow, mayDo, type Need, type Principal } from './access.ts'
import { type Callers, NULL_GUID } from './callers.ts'
import type { Tokens } from './tokens.ts'

export interface GuardDeps {
  callers: Callers
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

  /** The request with its caller, when that may do all that is needed. Throws Refusal UNAUTHORIZED with a challenge, or DENIED. */
  async admit(incoming: Incoming, ...needs: Need[]): Promise<Exchange> {
    incoming.note.refused = needs.map(formatScope).join(' ')
    const principal = await this.#principal(incoming, needs)
    delete incoming.note.refused
    return { ...incoming, principal }
  }

  async #principal({ request, note }: Incoming, needs: Need[]): Promise<Principal> {
    const credentials = readCredentials(request)
    const { callers, tokens } = this.#deps
    if (!credentials) {
      // A header that can't be read is a wrong one. Without any, `/v2/` says that there is a login: clients that are let in here never use theirs.
      const anonymous =
        request.headers.authorization === undefined && needs.length > 0 ? callers.anonymous() : undefined
      if (anonymous && needs.every((need) => mayDo(anonymous, need))) {
        note.actor = anonymous.name
        return principalOf(anonymous)
      }
      throw this.#challenge(request, needs)
    }
    const token = tokenIn(credentials)
    const claims = token === undefined ? undefined : tokens.read(token)
    if (claims?.kind === 'access_token') {
      const caller = callers.behind(claims)
      if (!caller) throw this.#challenge(request, needs, 'invalid_token')
      note.actor = caller.name
      requireAllowed(caller, needs)
      const can = (wanted: Need): boolean => mayDo(caller, wanted) && grantsAllow(claims.grants, wanted)
      if (!needs.every(can)) throw this.#challenge(request, needs, 'insufficient_scope')
      return { ...principalOf(caller), can }
    }
    // A refresh token is good for the token endpoint, and as the null GUID's password; not as a bearer.
    const caller = claims && credentials.kind === 'bearer' ? undefined : await callers.identify(credentials)
    if (!caller) throw this.#challenge(request, needs, 'invalid_token')
    note.actor = caller.name
    requireAllowed(caller, needs)
    return principalOf(caller)
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

function principalOf(caller: Caller): Principal {
  const can = (wanted: Need): boolean => mayDo(caller, wanted)
  return { name: caller.name, can, couldAsk: can }
}

function tokenIn(credentials: Credentials): string | undefined {
  if (credentials.kind === 'bearer') return credentials.token
  return credentials.username === NULL_GUID ? credentials.password : undefined
}

/** What the caller may never do no other token would help with, so there is no challenge. */
function requireAllowed(caller: Caller, needs: Need[]): void {
  const forbidden = needs.find((need) => !mayDo(caller, need))
  if (!forbidden) return
  throw new Refusal('DENIED', `requested access to the resource is denied: ${formatScope(forbidden)}`)
}

/** The Host header, unless it would break out of the quoted text that it is put in. */
function safeHost(request: IncomingMessage): string | undefined {
  const { host } = request.headers
  return host && /^[A-Za-z0-9.:[\]_-]+$/.test(host) ? host : undefined
}
