import { timingSafeEqual } from 'node:crypto'
import type { Authenticator, Credentials, Identity } from '@slipway/http-server'
import { hashToken } from './token.ts'

/** One token for one identity, as a bearer token or as the password of any user name. */
export class SingleToken implements Authenticator {
  readonly #hash: string
  readonly #identity: Identity

  constructor(token: string, identity: Identity) {
    this.#hash = hashToken(token)
    this.#identity = identity
  }

  async authenticate(credentials: Credentials): Promise<Identity | undefined> {
    const shown = hashToken(credentials.kind === 'bearer' ? credentials.token : credentials.password)
    return timingSafeEqual(Buffer.from(shown), Buffer.from(this.#hash)) ? this.#identity : undefined
  }
}
