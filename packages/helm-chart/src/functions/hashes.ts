import { bytesOf, spend, withSignature } from '@slipway/go-template'
import { genSaltSync, hashSync, setRandomFallback } from 'bcryptjs'
import { toBase64, toHex } from '../encoding.ts'
import type { DigestAlgorithm, Platform } from '../platform.ts'
import type { FunctionTable } from './table.ts'

/** A hash that is slow on purpose counts as much as text that takes as long. */
const bytesPerHash = 1024 * 1024

/** Sprig's checksums and password hashes. */
export function hashFunctions({ digest, randomBytes }: Pick<Platform, 'digest' | 'randomBytes'>): FunctionTable {
  const sum = (algorithm: DigestAlgorithm) =>
    withSignature(['string'], (text: string) => toHex(digest(algorithm, bytesOf(text))))
  const bcrypt = (password: string) => {
    if (bytesOf(password).length > 72)
      return 'failed to encrypt string with bcrypt: bcrypt: password length exceeds 72 bytes'
    spend(bytesPerHash)
    setRandomFallback((length) => Array.from(randomBytes(length)))
    // Go writes the version as 2a; the hash is the same.
    return hashSync(password, genSaltSync(10)).replace(/^\$2b\$/, '$2a$')
  }
  const htpasswd = (user: string, password: string, algorithm = '') => {
    if (user.includes(':')) return `invalid username: ${user}`
    if (algorithm === 'sha') return `${user}:{SHA}${toBase64(digest('sha1', bytesOf(password)))}`
    return `${user}:${bcrypt(password)}`
  }
  return {
    sha1sum: sum('sha1'),
    sha256sum: sum('sha256'),
    sha512sum: sum('sha512'),
    adler32sum: withSignature(['string'], (text: string) => String(adler32(bytesOf(text)))),
    bcrypt: withSignature(['string'], bcrypt),
    htpasswd: withSignature(['string', 'string'], htpasswd),
  }
}

/** RFC 1950, section 8.2. */
function adler32(bytes: Uint8Array): number {
  let low = 1
  let high = 0
  for (const byte of bytes) {
    low = (low + byte) % 65521
    high = (high + low) % 65521
  }
  return high * 65536 + low
}
