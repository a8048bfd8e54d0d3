import { createHash, type Hash } from 'node:crypto'
import { parseKey } from './blob-key.ts'
import type { Pace } from './blob-store.ts'
import { BlockChecks } from './block-checks.ts'

/** What is learnt of a content while it passes by once: its digest, its size and the checks of its blocks. */
export class Fingerprint {
  readonly algorithm: string
  readonly checks = new BlockChecks()
  readonly #hash: Hash

  constructor(algorithm = 'sha256') {
    this.algorithm = algorithm
    this.#hash = createHash(algorithm)
  }

  get size(): number {
    return this.checks.size
  }

  add(bytes: Uint8Array): void {
    this.#hash.update(bytes)
    this.checks.add(bytes)
  }

  /** Whether `key` is the digest of what was added. */
  is(key: string): boolean {
    return this.#hash.copy().digest('hex') === parseKey(key).hex
  }
}

/** That of a content which is to be compared with `key`. */
export async function fingerprintOf(
  key: string,
  content: AsyncIterable<Uint8Array>,
  pace?: Pace,
): Promise<Fingerprint> {
  const fingerprint = new Fingerprint(parseKey(key).algorithm)
  for await (const piece of content) {
    fingerprint.add(piece)
    await pace?.(piece.length)
  }
  return fingerprint
}

/** How many are kept; of other uploads the content is read once more at their end. */
const KEPT = 1_000

/** The fingerprints of uploads in progress: the content that came in is not read again to be known. */
export class UploadFingerprints {
  readonly #kept = new Map<string, Fingerprint>()

  start(id: string): void {
    this.#kept.set(id, new Fingerprint())
    const [oldest] = this.#kept.keys()
    if (this.#kept.size > KEPT && oldest !== undefined) this.#kept.delete(oldest)
  }

  /** That of an upload, when it has seen all of its `size` bytes. */
  of(id: string, size: number): Fingerprint | undefined {
    const known = this.#kept.get(id)
    if (known?.size === size) return known
    this.#kept.delete(id)
    return undefined
  }

  forget(id: string): void {
    this.#kept.delete(id)
  }
}

/** Passes a content on and has it seen. */
export async function* seen(
  content: AsyncIterable<Uint8Array>,
  fingerprint: Fingerprint | undefined,
): AsyncIterable<Uint8Array> {
  for await (const piece of content) {
    fingerprint?.add(piece)
    yield piece
  }
}
