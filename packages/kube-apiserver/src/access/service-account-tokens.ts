import { randomUUID } from 'node:crypto'
import type { User } from '../api/request.ts'
import { SigningKey } from './signing-key.ts'

/** One object, as a token names it. */
export interface Reference {
  name: string
  uid: string
}

/** What a ServiceAccount token says (RFC 7519; the claims of Kubernetes' bound tokens). */
interface Claims {
  aud: string[]
  exp: number
  iat: number
  iss: string
  jti: string
  nbf: number
  sub: string
  'kubernetes.io': Binding
}

/** Whose a token is, and the pod, secret or node with which it ends; a pod's node is told besides. */
export interface Binding {
  namespace: string
  serviceaccount: Reference
  pod?: Reference
  secret?: Reference
  node?: Partial<Reference>
}

/** The audience of this server: tokens for others are refused here. */
export const AUDIENCE = 'https://kubernetes.default.svc.cluster.local'

/** What a new token is for. */
export interface TokenRequest {
  binding: Binding
  /** Empty = this server. */
  audiences: string[]
  seconds: number
}

const MOST_KNOWN = 1000

/** Issues and checks the tokens of ServiceAccounts; whoever knows the secret can make one. */
export class TokenIssuer {
  readonly #key: SigningKey
  readonly #now: () => Date
  readonly #isLive: (binding: Binding, token: string) => boolean

  /** Claims of tokens whose signature was found good: the same ones come with every request. */
  readonly #known = new Map<string, Claims>()

  /** `isLive` tells whether what a token is bound to still is the same, and lets it be used. */
  constructor(secret: string, now: () => Date, isLive: (binding: Binding, token: string) => boolean) {
    this.#key = new SigningKey(secret)
    this.#now = now
    this.#isLive = isLive
  }

  issue({ binding, audiences, seconds }: TokenRequest): { token: string; expires: Date } {
    const issued = Math.floor(this.#now().getTime() / 1000)
    const claims: Claims = {
      aud: audiences.length > 0 ? audiences : [AUDIENCE],
      exp: issued + seconds,
      iat: issued,
      iss: AUDIENCE,
      jti: randomUUID(),
      'kubernetes.io': binding,
      nbf: issued,
      sub: `system:serviceaccount:${binding.namespace}:${binding.serviceaccount.name}`,
    }
    const content = `${encode({ alg: 'ES256', kid: this.#key.id })}.${encode(claims)}`
    return { token: `${content}.${this.#key.sign(content)}`, expires: new Date(claims.exp * 1000) }
  }

  /** The ServiceAccount as a user, and its token's audiences among those asked for; undefined for anything but a valid token of ours for one of them. */
  verify(token: string, audiences: string[]): { user: User; audiences: string[] } | undefined {
    const claims = this.#claims(token)
    if (!claims || claims.exp * 1000 < this.#now().getTime()) return undefined
    const shared = audiences.filter((audience) => claims.aud.includes(audience))
    const binding = claims['kubernetes.io']
    if (shared.length === 0 || !this.#isLive(binding, token)) return undefined
    return { user: userOf(claims, binding), audiences: shared }
  }

  /** With which anyone can check the tokens. */
  publicKey(): Record<string, unknown> {
    return this.#key.jwk()
  }

  #claims(token: string): Claims | undefined {
    const known = this.#known.get(token)
    if (known) return known
    const [header, payload, signature] = token.split('.')
    if (!header || !payload || !signature || !this.#key.verify(`${header}.${payload}`, signature)) return undefined
    const claims = JSON.parse(Buffer.from(payload, 'base64url').toString()) as Claims
    if (this.#known.size >= MOST_KNOWN) this.#known.clear()
    this.#known.set(token, claims)
    return claims
  }
}

const EXTRA = 'authentication.kubernetes.io'

function userOf({ sub, jti }: Claims, { namespace, serviceaccount, pod, node }: Binding): User {
  const extra: Record<string, string[]> = { [`${EXTRA}/credential-id`]: [`JTI=${jti}`] }
  if (node?.name) extra[`${EXTRA}/node-name`] = [node.name]
  if (node?.uid) extra[`${EXTRA}/node-uid`] = [node.uid]
  if (pod) Object.assign(extra, { [`${EXTRA}/pod-name`]: [pod.name], [`${EXTRA}/pod-uid`]: [pod.uid] })
  return {
    name: sub,
    uid: serviceaccount.uid,
    groups: ['system:serviceaccounts', `system:serviceaccounts:${namespace}`],
    extra,
  }
}

function encode(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url')
}
