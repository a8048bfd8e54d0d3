/** What charts need from the machine they run on; everything else in this package is pure. All calls are synchronous. */
export interface Platform {
  gzip(data: Uint8Array): Uint8Array
  /** Throws when the data is no gzip stream or unpacks to more than `maxLength` bytes. */
  gunzip(data: Uint8Array, maxLength: number): Uint8Array
  digest(algorithm: DigestAlgorithm, data: Uint8Array): Uint8Array
  /** Cryptographically strong. */
  randomBytes(length: number): Uint8Array
  now(): Date
  /**
   * Milliseconds of processor time so far, which bound a rendering: a machine that is busy or was asleep fails no chart.
   * @default the time by `now`
   */
  processorTime?(): number
  /** IANA name of the zone that dates are shown in, such as `Europe/Berlin`. */
  readonly timeZone: string
  /** What certificates, ciphers and derived passwords need; without it those template functions fail by name. */
  readonly keys?: KeyPlatform
}

export type DigestAlgorithm = 'sha1' | 'sha256' | 'sha512'

/** Key pairs and ciphers as Sprig's crypto functions use them. */
export interface KeyPlatform {
  /** A new private key in PEM: PKCS#1 for RSA, SEC 1 for EC, PKCS#8 for the rest, as Go writes them. */
  generateKey(type: 'rsa' | 'ecdsa' | 'ed25519', bits?: number): string
  /** A private key in the form in which generateKey writes its type. Throws an Error when the text is none. */
  normalizeKey(privateKey: string): string
  /** The DER of the SubjectPublicKeyInfo that belongs to a private key in PEM. */
  publicKey(privateKey: string): Uint8Array
  /** A signature over the data: SHA-256 with RSA PKCS#1 v1.5 or ECDSA (DER), or Ed25519. */
  sign(privateKey: string, data: Uint8Array): Uint8Array
  hmacSha256(key: Uint8Array, data: Uint8Array): Uint8Array
  scrypt(password: Uint8Array, salt: Uint8Array, options: ScryptOptions): Uint8Array
  /** AES-256-CBC without padding. */
  aesCbc(direction: 'encrypt' | 'decrypt', key: Uint8Array, iv: Uint8Array, data: Uint8Array): Uint8Array
}

export interface ScryptOptions {
  readonly cost: number
  readonly blockSize: number
  readonly parallelization: number
  readonly length: number
}
