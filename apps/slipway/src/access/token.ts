import { createHash, randomBytes } from 'node:crypto'

/** A new secret token. 160 random bits, so a plain hash is enough to keep it. */
export function createToken(): string {
  return `slw_${randomBytes(20).toString('hex')}`
}

/** What is stored in place of a token. */
export function hashToken(token: string): string {
  return createHash('sha256').update(token).digest('hex')
}
