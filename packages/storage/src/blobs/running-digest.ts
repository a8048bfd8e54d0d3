import { createHash, type Hash } from 'node:crypto'
import { parseKey } from './blob-key.ts'
import type { Pace } from './blob-store.ts'

/** The digest of a content that passes by once, piece by piece. */
export class RunningDigest {
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

/** How many are kept; of other uploads the content is read once more at their end. */
const KEPT = 1_000

/** The digests of uploads in progress: the content that came in is not read again to be known. */
export class UploadDigests {
  readonly #kept = new Map<string, RunningDigest>()

  start(id: string): void {
    this.#kept.set(id, new RunningDigest())
    const [oldest] = this.#kept.keys()
    if (this.#kept.size > KEPT && oldest !== undefined) this.#kept.delete(oldest)
  }

  /** That of an upload, when it has seen all of its `size` bytes. */
  of(id: string, size: number): RunningDigest | undefined {
    const known = this.#kept.get(id)
    if (known?.size === size) return known
    this.#kept.delete(id)
    return undefined
  }

  /** Whether an upload of `size` bytes has the digest `key`; `content` is asked for where that is not known already. */
  async matches(key: string, id: string, size: number, content: () => AsyncIterable<Uint8Array>): Promise<boolean> {
    const known = this.of(id, size)
    return known?.algorithm === parseKey(key).algorithm ? known.is(key) : hasDigest(key, content())
  }

  forget(id: string): void {
    this.#kept.delete(id)
  }
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
