import { createHash, randomUUID } from 'node:crypto'
import { BugError, UserError } from '@slipway/errors'

const KEY = /^(sha256|sha512):([a-f0-9]{64,128})$/
/** The owner comes first, so that one's uploads are found by a prefix. */
const UPLOAD_ID = /^(?:([0-9a-f]{16})-)?[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

/** A key's parts. Whoever takes one from outside has checked it; here it must not become a path. */
export function parseKey(key: string): { algorithm: string; hex: string } {
  const [, algorithm, hex] = KEY.exec(key) ?? []
  if (!algorithm || !hex) throw new BugError('BLOB_KEY_INVALID', `"${key}" is no blob key`)
  return { algorithm, hex }
}

/** Whether something that lies among blobs is one; editors, copies and mounts leave others there. */
export function isKey(text: string): boolean {
  return KEY.test(text)
}

export function newUploadId(owner: string | undefined): string {
  return owner === undefined ? randomUUID() : `${owner}-${randomUUID()}`
}

export function isUploadId(text: string): boolean {
  return UPLOAD_ID.test(text)
}

/** Whose upload it is; undefined for one without an owner. */
export function uploadOwner(id: string): string | undefined {
  return UPLOAD_ID.exec(id)?.[1]
}

/** Throws UserError BLOB_CORRUPT unless the whole content has the digest that is its key. */
export function requireWhole(key: string, bytes: Uint8Array): void {
  const { algorithm, hex } = parseKey(key)
  if (createHash(algorithm).update(bytes).digest('hex') !== hex) throw corruptBlob(key)
}

export function corruptBlob(key: string): UserError {
  return new UserError('BLOB_CORRUPT', `the stored content of ${key} is not what was pushed`, {
    hint: 'push it again; a disk that changes bytes should be replaced',
  })
}

export function otherDigest(key: string): UserError {
  return new UserError('BLOB_DIGEST_MISMATCH', `the content that came in does not have the digest ${key}`, {
    hint: 'send it again',
  })
}

export function unknownUpload(id: string): UserError {
  return new UserError('UPLOAD_UNKNOWN', `there is no upload ${id}`, { hint: 'start a new upload' })
}
