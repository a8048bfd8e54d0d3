import { createHash } from 'node:crypto'
import { UserError } from '@slipway/errors'
import ssh2 from 'ssh2'

export interface SshKey {
  /** OpenSSH private key file, as `ssh-keygen` writes it. */
  privateKey: string
  /** One line: type, base64, comment. */
  publicKey: string
}

/** Two strings with their lengths: `ssh-ed25519` and 32 bytes (RFC 8709). */
const ED25519_BLOB_LENGTH = 4 + 11 + 4 + 32

/** A new ed25519 key, for an identity or for a server. */
export function generateSshKey(comment = ''): SshKey {
  for (;;) {
    const pair = ssh2.utils.generateKeyPairSync('ed25519', { comment })
    const publicKey = pair.public.trim()
    // ssh2 1.17 drops leading zero bytes of the public half, so that one key in 256 is one that nobody can read.
    const blob = Buffer.from(publicKey.split(' ')[1] ?? '', 'base64')
    if (blob.length === ED25519_BLOB_LENGTH) return { privateKey: pair.private, publicKey }
  }
}

/** The public line, `type base64`, of a private key file. Throws UserError SSH_KEY_INVALID. */
export function publicKeyOf(privateKey: string): string {
  const key = ssh2.utils.parseKey(privateKey)
  if (key instanceof Error || !key.isPrivateKey()) throw new UserError('SSH_KEY_INVALID', 'this is no private SSH key')
  return `${key.type} ${key.getPublicSSH().toString('base64')}`
}

/** Type and base64 of a public key line without its comment; undefined when it is no such line. */
export function normalizePublicKey(line: string): string | undefined {
  return /^(?<key>[a-z0-9@.-]+ [A-Za-z0-9+/]+=*)(\s|$)/.exec(line.trim())?.groups?.key
}

/** A public key's fingerprint as OpenSSH shows it, `SHA256:…`. */
export function fingerprintOf(publicKey: string): string {
  const blob = Buffer.from(publicKey.split(' ')[1] ?? '', 'base64')
  return `SHA256:${createHash('sha256').update(blob).digest('base64').replace(/=+$/, '')}`
}
