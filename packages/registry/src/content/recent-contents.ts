/** Bytes in all, and of one content: manifests and configs, not charts and layers. */
const LIMIT = 16 * 1024 * 1024
const LIMIT_EACH = 256 * 1024

/** Small contents that were read or written lately. They need no care: what a digest stands for never changes. */
export class RecentContents {
  readonly #contents = new Map<string, Buffer>()
  #size = 0

  get(digest: string): Buffer | undefined {
    const found = this.#contents.get(digest)
    if (!found) return undefined
    // A Map keeps the order of insertion: the one that was asked for last is dropped last.
    this.#contents.delete(digest)
    this.#contents.set(digest, found)
    return found
  }

  set(digest: string, bytes: Buffer): void {
    if (bytes.length > LIMIT_EACH || this.#contents.has(digest)) return
    this.#contents.set(digest, bytes)
    this.#size += bytes.length
    for (const [oldest, { length }] of this.#contents) {
      if (this.#size <= LIMIT) break
      this.#contents.delete(oldest)
      this.#size -= length
    }
  }
}
