import { createHash } from 'node:crypto'
import type { Readable, Writable } from 'node:stream'
import { corruptBlob, parseKey } from './blob-key.ts'
import { write } from './file-sending.ts'

/**
 * Passes a content on and counts its digest meanwhile; the last piece goes only when the whole is what `key` says, so a spoilt
 * content never arrives complete. Without a key (a range) it is passed on as it is.
 */
export async function sendVerified(content: Readable, to: Writable, key: string | undefined): Promise<void> {
  const { algorithm, hex } = key === undefined ? { algorithm: 'sha256', hex: undefined } : parseKey(key)
  const hash = createHash(algorithm)
  let held: Uint8Array | undefined
  for await (const piece of content as AsyncIterable<Uint8Array>) {
    if (hex !== undefined) hash.update(piece)
    if (held) await write(to, held)
    held = piece
  }
  if (key !== undefined && hash.digest('hex') !== hex) throw corruptBlob(key)
  if (held) await write(to, held)
}
