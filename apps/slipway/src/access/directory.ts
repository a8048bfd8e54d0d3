import type { Authenticator, Credentials, Identity } from '@slipway/http-server'
import type { Informer, InformerSet } from '@slipway/kube-client'
import type { KubeObject } from '@slipway/kube-objects'
import { SSH_KEY_TYPE, SYSTEM_NAMESPACE, TOKEN_TYPE } from './access-objects.ts'
import { hashToken } from './token.ts'

/** Everyone who may do something: tokens and SSH keys, as the Secrets in slipway-system say, always up to date. */
export class Directory implements Authenticator {
  readonly #secrets: Informer
  readonly #byHash = new Map<string, Identity>()
  readonly #byKey = new Map<string, Identity>()

  constructor(informers: InformerSet) {
    this.#secrets = informers.for({ apiVersion: 'v1', kind: 'Secret', namespace: SYSTEM_NAMESPACE })
    this.#secrets.on(({ type, object, previous }) => {
      if (previous) this.#forget(previous)
      if (type === 'deleted') this.#forget(object)
      else this.#learn(object)
    })
  }

  /** Resolves when it knows everyone. */
  start(): Promise<void> {
    return this.#secrets.start()
  }

  /** A token counts whether it comes as a bearer token or, as docker, git and az send it, as a password; the user name does not matter. */
  async authenticate(credentials: Credentials): Promise<Identity | undefined> {
    const token = credentials.kind === 'bearer' ? credentials.token : credentials.password
    return this.#byHash.get(hashToken(token))
  }

  /** Whose SSH key this is. `publicKey` is `type base64`, a comment may follow. */
  identifyKey(publicKey: string): Identity | undefined {
    return this.#byKey.get(keyBody(publicKey))
  }

  #learn(secret: KubeObject): void {
    const { user, role, hash, publicKey } = decode(secret)
    if (!user || !isRole(role)) return
    if (secret.type === TOKEN_TYPE && hash) this.#byHash.set(hash, { name: user, role })
    if (secret.type === SSH_KEY_TYPE && publicKey) this.#byKey.set(keyBody(publicKey), { name: user, role })
  }

  #forget(secret: KubeObject): void {
    const { hash, publicKey } = decode(secret)
    if (hash) this.#byHash.delete(hash)
    if (publicKey) this.#byKey.delete(keyBody(publicKey))
  }
}

const isRole = (role: string | undefined): role is Identity['role'] =>
  role === 'admin' || role === 'developer' || role === 'reader'

const keyBody = (publicKey: string): string => publicKey.trim().split(/\s+/).slice(0, 2).join(' ')

function decode({ data = {} }: KubeObject): Record<string, string | undefined> {
  return Object.fromEntries(
    Object.entries(data as Record<string, string>).map(([k, v]) => [k, Buffer.from(v, 'base64').toString('utf8')]),
  )
}
