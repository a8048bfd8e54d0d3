import { createHmac, randomUUID, timingSafeEqual } from 'node:crypto'
import type { Identity } from '@slipway/http-server'
import type { Grant } from './access.ts'

export interface TokenClaims {
  kind: 'access_token' | 'refresh_token'
  /** Whose it is. */
  name: string
  role?: Identity['role']
  grants: Grant[]
}

/** Seconds. An access token is for one operation; a refresh token is what `docker login` keeps, three hours as in ACR. */
export const tokenLife = { access_token: 3_600, refresh_token: 10_800 } as const

interface Payload {
  iss: string
  aud: string
  sub: string
  iat: number
  nbf: number
  exp: number
  jti: string
  grant_type: TokenClaims['kind']
  role?: Identity['role']
  access: Grant[]
}

/** How many tokens are remembered: a client shows one with every request of a push or pull. */
const REMEMBERED = 1_000

const ISSUER = 'Azure Container Registry'

/** Issues and reads the registry's own tokens: JSON Web Tokens signed with HMAC-SHA256 (RFC 7519, RFC 7518 section 3.2). */
export class Tokens {
  readonly #key: Uint8Array
  readonly #audience: string
  readonly #clock: () => number
  /** Of tokens whose signature was found to be right, the oldest first. */
  readonly #genuine = new Map<string, Payload>()

  constructor(key: Uint8Array, audience: string, clock: () => number) {
    this.#key = key
    this.#audience = audience
    this.#clock = clock
  }

  issue({ kind, name, role, grants }: TokenClaims): string {
    const now = Math.floor(this.#clock() / 1000)
    const payload: Payload = {
      iss: ISSUER,
      aud: this.#audience,
      sub: name,
      iat: now,
      nbf: now,
      exp: now + tokenLife[kind],
      jti: randomUUID(),
      grant_type: kind,
      ...(role !== undefined && { role }),
      access: grants,
    }
    const body = `${encode({ alg: 'HS256', typ: 'JWT' })}.${encode(payload)}`
    return `${body}.${this.#sign(body).toString('base64url')}`
  }

  /** Undefined for anything that was not issued here, for another audience, or is over. */
  read(token: string): TokenClaims | undefined {
    const claims = this.#genuine.get(token) ?? this.#verify(token)
    const now = this.#clock() / 1000
    if (!claims || claims.iss !== ISSUER || claims.aud !== this.#audience || claims.exp <= now) return undefined
    const { grant_type: kind, sub: name, role, access: grants } = claims
    return { kind, name, grants, ...(role !== undefined && { role }) }
  }

  #verify(token: string): Payload | undefined {
    const [header, payload, signature, ...more] = token.split('.')
    if (!header || !payload || !signature || more.length > 0) return undefined
    const expected = this.#sign(`${header}.${payload}`)
    const shown = Buffer.from(signature, 'base64url')
    if (shown.length !== expected.length || !timingSafeEqual(shown, expected)) return undefined
    const claims = JSON.parse(Buffer.from(payload, 'base64url').toString('utf8')) as Payload
    this.#genuine.set(token, claims)
    const [oldest] = this.#genuine.keys()
    if (this.#genuine.size > REMEMBERED && oldest !== undefined) this.#genuine.delete(oldest)
    return claims
  }

  #sign(text: string): Buffer {
    return createHmac('sha256', this.#key).update(text).digest()
  }
}

function encode(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url')
}
