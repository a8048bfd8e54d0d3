import { readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { UserError } from '@slipway/errors'
import type { Config, Key, PrivateKey } from 'openpgp'

/** GnuPG's old form of a key ring, the one that Helm reads unless another is named. */
export function defaultKeyring(env: Readonly<Record<string, string | undefined>>): string {
  return join(env.GNUPGHOME ?? join(homedir(), '.gnupg'), 'pubring.gpg')
}

/** What keys of a ring may be: as with Helm, whoever put them there judges their strength. */
export async function keyPolicy(): Promise<Config> {
  const { config } = await import('openpgp')
  return { ...config, minRSABits: 0, rejectPublicKeyAlgorithms: new Set(), rejectCurves: new Set() }
}

/** The keys of a key ring in binary form. Throws UserError HELM_KEYRING_UNREADABLE. */
export async function readKeyring(file: string): Promise<Key[]> {
  const { readKeys } = await import('openpgp')
  let binaryKeys: Buffer
  try {
    binaryKeys = readFileSync(file)
  } catch (cause) {
    throw keyringError(`open ${file}: no such file or directory`, cause)
  }
  try {
    return await readKeys({ binaryKeys })
  } catch (cause) {
    throw keyringError(`openpgp: invalid data: ${file} is no key ring in binary form`, cause)
  }
}

function keyringError(message: string, cause: unknown): UserError {
  return new UserError('HELM_KEYRING_UNREADABLE', message, { cause })
}

/** The private key with that user name, or the one whose name holds the text, as GnuPG finds keys too. Throws UserError HELM_KEY_UNUSABLE. */
export function signingKey(keys: readonly Key[], id: string): PrivateKey {
  const named = (fits: (name: string) => boolean) => keys.filter((key) => key.getUserIDs().some(fits))
  const [exact] = named((name) => name === id)
  const similar = named((name) => name.includes(id))
  if (!exact && similar.length > 1) throw keyError(`more than one key contain the id ${JSON.stringify(id)}`)
  const key = exact ?? similar[0]
  if (!key) throw keyError('private key not found')
  if (!key.isPrivate()) {
    throw keyError('provided key is not a private key. Try providing a keyring with secret keys')
  }
  return key
}

/** The key without its passphrase, which is asked for only when there is one. Throws UserError HELM_KEY_UNUSABLE. */
export async function unlocked(key: PrivateKey, passphraseFor: (user: string) => Promise<string>): Promise<PrivateKey> {
  if (key.isDecrypted()) return key
  const { decryptKey } = await import('openpgp')
  const passphrase = await passphraseFor(key.getUserIDs()[0] ?? 'Unknown')
  try {
    return await decryptKey({ privateKey: key, passphrase })
  } catch (cause) {
    throw keyError('openpgp: invalid data: private key checksum failure', cause)
  }
}

function keyError(message: string, cause?: unknown): UserError {
  return new UserError('HELM_KEY_UNUSABLE', message, { cause })
}
