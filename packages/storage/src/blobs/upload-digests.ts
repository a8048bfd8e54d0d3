import { parseKey } from './blob-key.ts'
import { hasDigest } from './running-digest.ts'

/** What is known of the content of an upload. */
export interface UploadDigest {
  readonly algorithm: string
  /** Bytes so far. */
  readonly size: number
  /** What it knew is gone. */
  readonly isLost?: boolean
  /** Whether `key` is the digest of the content so far. */
  is(key: string): boolean | Promise<boolean>
  /** Nobody asks for it any more. */
  drop?(): void
}

/** How many are kept; of other uploads the content is read once more at their end. */
const KEPT = 1_000

/** The digests of uploads in progress: the content that came in is not read again to be known. */
export class UploadDigests<Digest extends UploadDigest> {
  readonly #kept = new Map<string, Digest>()

  set(id: string, digest: Digest): void {
    this.#kept.set(id, digest)
    const [oldest] = this.#kept.keys()
    if (this.#kept.size > KEPT && oldest !== undefined) this.forget(oldest)
  }

  /** That of an upload, when it has seen all of its `size` bytes. */
  of(id: string, size: number): Digest | undefined {
    const known = this.#kept.get(id)
    if (known?.size === size && !known.isLost) return known
    this.forget(id)
    return undefined
  }

  /** Whether an upload of `size` bytes has the digest `key`; `content` is asked for where that is not known already. */
  async matches(key: string, id: string, size: number, content: () => AsyncIterable<Uint8Array>): Promise<boolean> {
    const known = this.of(id, size)
    return known?.algorithm === parseKey(key).algorithm ? known.is(key) : hasDigest(key, content())
  }

  forget(id: string): void {
    this.#kept.get(id)?.drop?.()
    this.#kept.delete(id)
  }
}
