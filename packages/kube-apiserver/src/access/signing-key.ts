import {
  createECDH,
  createHash,
  createPrivateKey,
  createPublicKey,
  hkdfSync,
  type KeyObject,
  sign,
  verify,
} from 'node:crypto'

/** The order of the group of P-256 (SEC 2, 2.4.2). */
const ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n

/** A key pair for ES256 signatures (RFC 7518, 3.4), always the same for the same secret, so that nothing but the secret is kept. */
export class SigningKey {
  readonly #private: KeyObject
  readonly #public: KeyObject
  /** What the header of a token names the key by. */
  readonly id: string

  constructor(secret: string) {
    // Forty bits more than the order has, so that none of its numbers is likelier than others (FIPS 186-5, A.2.1).
    const seed = Buffer.from(hkdfSync('sha256', secret, '', 'slipway service account tokens', 37)).toString('hex')
    const scalar = (BigInt(`0x${seed}`) % (ORDER - 1n)) + 1n
    const curve = createECDH('prime256v1')
    const d = Buffer.from(scalar.toString(16).padStart(64, '0'), 'hex')
    curve.setPrivateKey(d)
    const point = curve.getPublicKey()
    const x = point.subarray(1, 33).toString('base64url')
    const y = point.subarray(33).toString('base64url')
    this.#private = createPrivateKey({
      key: { kty: 'EC', crv: 'P-256', x, y, d: d.toString('base64url') },
      format: 'jwk',
    })
    this.#public = createPublicKey(this.#private)
    const der = this.#public.export({ type: 'spki', format: 'der' })
    this.id = createHash('sha256').update(der).digest('base64url')
  }

  sign(content: string): string {
    return sign('sha256', Buffer.from(content), { key: this.#private, dsaEncoding: 'ieee-p1363' }).toString('base64url')
  }

  verify(content: string, signature: string): boolean {
    const given = Buffer.from(signature, 'base64url')
    return verify('sha256', Buffer.from(content), { key: this.#public, dsaEncoding: 'ieee-p1363' }, given)
  }

  /** The public half, as others check signatures with it (RFC 7517). */
  jwk(): Record<string, unknown> {
    return { use: 'sig', kid: this.id, alg: 'ES256', ...this.#public.export({ format: 'jwk' }) }
  }
}
