import { createHmac, timingSafeEqual } from 'node:crypto'
import type { User } from '../api/request.ts'

/** What a ServiceAccount token says (RFC 7519; the claims of Kubernetes' bound tokens). */
interface Claims {
  aud: string[]
  exp: number
  iat: number
  iss: string
  sub: string
  'kubernetes.io': { namespace: string; serviceaccount: { name: string; uid: string } }
}

export const AUDIENCE = 'https://kubernetes.default.svc.cluster.local'

/** Issues and checks the tokens of ServiceAccounts; whoever knows the key can make one. */
export class TokenIssuer {
  readonly #key: string
  readonly #now: () => Date

  constructor(key: string, now: () => Date) {
    this.#key = key
    this.#now = now
  }

  issue(
    account: { namespace: string; name: string; uid: string },
    audiences: string[],
    seconds: number,
  ): { token: string; expires: Date } {
    const issued = Math.floor(this.#now().getTime() / 1000)
    const { namespace, name, uid } = account
    const claims: Claims = {
      aud: audiences.length > 0 ? audiences : [AUDIENCE],
      exp: issued + seconds,
      iat: issued,
      iss: AUDIENCE,
      sub: `system:serviceaccount:${namespace}:${name}`,
      'kubernetes.io': { namespace, serviceaccount: { name, uid } },
    }
    const content = `${encode({ alg: 'HS256', typ: 'JWT' })}.${encode(claims)}`
    return { token: `${content}.${this.#sign(content)}`, expires: new Date(claims.exp * 1000) }
  }

  /** The ServiceAccount as a user; undefined for anything but a valid token of ours. */
  verify(token: string): User | undefined {
    const [header, payload, signature] = token.split('.')
    if (!header || !payload || !signature) return undefined
    const expected = Buffer.from(this.#sign(`${header}.${payload}`))
    const given = Buffer.from(signature)
    if (given.length !== expected.length || !timingSafeEqual(given, expected)) return undefined
    const claims = JSON.parse(Buffer.from(payload, 'base64url').toString()) as Claims
    if (claims.exp * 1000 < this.#now().getTime()) return undefined
    const { namespace, serviceaccount } = claims['kubernetes.io']
    return {
      name: claims.sub,
      uid: serviceaccount.uid,
      groups: ['system:serviceaccounts', `system:serviceaccounts:${namespace}`],
    }
  }

  #sign(content: string): string {
    return createHmac('sha256', this.#key).update(content).digest('base64url')
  }
}

function encode(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url')
}
