/** Bytes of a block. */
const BLOCK = 64 * 1024

/** The last bytes of a content. They are copied into blocks, so that what comes byte by byte takes no more room than its size. */
export class Window {
  readonly #most: number
  readonly #blocks: Buffer[] = []
  /** Position of the first block. */
  #start = 0
  /** Position behind the last byte. */
  #end = 0

  /** `bytes`: how many are kept, in whole blocks. */
  constructor(bytes: number) {
    this.#most = Math.ceil(bytes / BLOCK)
  }

  get end(): number {
    return this.#end
  }

  add(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; ) {
      const block = this.#blockAtEnd()
      const filled = this.#end % BLOCK
      const part = bytes.subarray(at, at + BLOCK - filled)
      block.set(part, filled)
      at += part.length
      this.#end += part.length
    }
  }

  /** What lies together behind a position; undefined where that is no longer here, or not yet. */
  behind(position: number): Buffer | undefined {
    if (position >= this.#end) return undefined
    const block = this.#blocks[Math.floor((position - this.#start) / BLOCK)]
    return block?.subarray(position % BLOCK, Math.min(BLOCK, this.#end - position + (position % BLOCK)))
  }

  clear(): void {
    this.#blocks.length = 0
  }

  #blockAtEnd(): Buffer {
    const last = this.#blocks.at(-1)
    if (last && this.#end % BLOCK > 0) return last
    const block = Buffer.allocUnsafeSlow(BLOCK)
    this.#blocks.push(block)
    if (this.#blocks.length > this.#most) {
      this.#blocks.shift()
      this.#start += BLOCK
    }
    return block
  }
}
