/** The hash functions that OCI registers (image-spec, descriptor.md). */
export type DigestAlgorithm = 'sha256' | 'sha512'

export interface Digest {
  algorithm: DigestAlgorithm
  /** Lower-case hexadecimal. */
  hex: string
}

/** Hashes bytes to lower-case hexadecimal; the platform's crypto comes in through it. */
export type Hash = (algorithm: DigestAlgorithm, bytes: Uint8Array) => string

const LENGTHS: Record<DigestAlgorithm, number> = { sha256: 64, sha512: 128 }

/** Reads `sha256:…` or `sha512:…`; undefined for anything else. */
export function parseDigest(text: string): Digest | undefined {
  const match = /^(sha256|sha512):([a-f0-9]+)$/.exec(text)
  if (!match) return undefined
  const algorithm = match[1] as DigestAlgorithm
  const hex = match[2] ?? ''
  return hex.length === LENGTHS[algorithm] ? { algorithm, hex } : undefined
}

/** Whether the text is a digest of a registered algorithm. */
export function isDigest(text: string): boolean {
  return parseDigest(text) !== undefined
}

/** The digest of bytes. @default algorithm 'sha256' */
export function digestOf(bytes: Uint8Array, hash: Hash, algorithm: DigestAlgorithm = 'sha256'): string {
  return `${algorithm}:${hash(algorithm, bytes)}`
}
