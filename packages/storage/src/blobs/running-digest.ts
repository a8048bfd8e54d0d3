import { createHash, type Hash } from 'node:crypto'
import { parseKey } from './blob-key.ts'
import type { Pace } from './blob-store.ts'
import type { UploadDigest } from './upload-digests.ts'

/** The digest of a content that passes by once, piece by piece. */
export class RunningDigest implements UploadDigest {
  readonly algorithm: string
  /** Bytes so far. */
  size = 0
  readonly #hash: Hash

  constructor(algorithm = 'sha256') {
    this.algorithm = algorithm
    this.#hash = createHash(algorithm)
  }

  add(bytes: Uint8Array): void {
    this.#hash.update(bytes)
    this.size += bytes.length
  }

  /** Whether `key` is the digest of what was added. */
  is(key: string): boolean {
    return this.#hash.copy().digest('hex') === parseKey(key).hex
  }
}

/** Whether a content has the digest that is its key. */
export async function hasDigest(key: string, content: AsyncIterable<Uint8Array>, pace?: Pace): Promise<boolean> {
  const digest = new RunningDigest(parseKey(key).algorithm)
  for await (const piece of content) {
    digest.add(piece)
    await pace?.(piece.length)
  }
  return digest.is(key)
}

/** Passes a content on and counts its digest. */
export async function* counted(
  content: AsyncIterable<Uint8Array>,
  digest: RunningDigest | undefined,
): AsyncIterable<Uint8Array> {
  for await (const piece of content) {
    digest?.add(piece)
    yield piece
  }
}
