import { createHash, timingSafeEqual } from 'node:crypto'
import type { Authenticator, Credentials } from '@slipway/http-server'
import type { RegistrySettings, ScopedToken } from '../policy/settings.ts'
import { ANONYMOUS, type Caller, callerOf } from './access.ts'
import type { TokenClaims, Tokens } from './tokens.ts'

/** The user name that says "the password is a token" (Azure Container Registry). */
export const NULL_GUID = '00000000-0000-0000-0000-000000000000'

export interface CallersDeps {
  authenticator: Authenticator
  tokens: Tokens
  settings: () => RegistrySettings
  clock: () => number
}

/** Everyone this registry knows: users of the program, tokens for some repositories, and who shows nothing. */
export class Callers {
  readonly #deps: CallersDeps

  constructor(deps: CallersDeps) {
    this.#deps = deps
  }

  /** Whom credentials belong to: our own tokens, those of the settings, and what the authenticator knows. */
  async identify(credentials: Credentials): Promise<Caller | undefined> {
    const { authenticator, tokens } = this.#deps
    if (credentials.kind === 'basic' && credentials.username === NULL_GUID) {
      const claims = tokens.read(credentials.password)
      // An access token stands for its grants only, never for the whole caller behind it.
      if (claims) return claims.kind === 'refresh_token' ? this.behind(claims) : undefined
    }
    const scoped = this.#scoped(credentials)
    if (scoped) return scoped
    const identity = await authenticator.authenticate(
      credentials.kind === 'basic' && credentials.username === NULL_GUID
        ? { kind: 'bearer', token: credentials.password }
        : credentials,
    )
    return identity && callerOf(identity)
  }

  /** Who a token of ours was given to, with what that caller may do by now; undefined when it is nobody any more. */
  behind({ name, role }: TokenClaims): Caller | undefined {
    if (role !== undefined) return callerOf({ name, role })
    if (name === ANONYMOUS) return this.anonymous()
    const token = this.#deps.settings().tokens.find((candidate) => candidate.name === name)
    return token && callerWith(token)
  }

  /** Who shows no credentials; undefined when nothing is open to everyone. */
  anonymous(): Caller | undefined {
    const open = this.#deps.settings().policies.filter(({ anonymousPull }) => anonymousPull)
    if (open.length === 0) return undefined
    return { name: ANONYMOUS, permissions: open.map(({ covers }) => ({ covers, actions: ['pull', 'metadata_read'] })) }
  }

  #scoped(credentials: Credentials): Caller | undefined {
    if (credentials.kind !== 'basic') return undefined
    const { username, password } = credentials
    const token = this.#deps.settings().tokens.find(({ name }) => name === username)
    if (!token) return undefined
    const now = this.#deps.clock()
    const shown = hashPassword(password)
    const isRight = token.passwords.some(({ hash, expires }) => expires > now && isSame(hash, shown))
    return isRight ? callerWith(token) : undefined
  }
}

/** What is kept of a scoped token's password. */
export function hashPassword(password: string): string {
  return createHash('sha256').update(password).digest('hex')
}

function callerWith({ name, permissions }: ScopedToken): Caller {
  return { name, permissions }
}

function isSame(a: string, b: string): boolean {
  return timingSafeEqual(Buffer.from(a), Buffer.from(b))
}
