import { createHash } from 'node:crypto'
import { Transform } from 'node:stream'
import { type Hash, parseDigest } from '@slipway/oci-format'
import { digestError } from './errors.ts'

export const hash: Hash = (algorithm, bytes) => createHash(algorithm).update(bytes).digest('hex')

/** Passes bytes on and fails at their end when they are not what the digest says. */
export function verifying(digest: string, what: string): Transform {
  const { algorithm, hex } = parseDigest(digest) ?? { algorithm: 'sha256', hex: '' }
  const running = createHash(algorithm)
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      running.update(chunk)
      done(null, chunk)
    },
    flush(done) {
      const actual = running.digest('hex')
      done(actual === hex ? null : digestError(what, digest, `${algorithm}:${actual}`))
    },
  })
}
