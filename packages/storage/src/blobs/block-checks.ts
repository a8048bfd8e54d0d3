import { crc32 } from 'node:zlib'

/** Bytes that one check stands for. */
export const BLOCK = 128 * 1024

/**
 * CRC-32 of each block of a content. It finds bytes that a disk has changed before they are sent, at a quarter of a SHA-256's
 * price and for any range; it proves nothing about who wrote them.
 */
export class BlockChecks {
  readonly #done: number[] = []
  #running = 0
  #filled = 0
  size = 0

  add(bytes: Uint8Array): void {
    this.size += bytes.length
    for (let at = 0; at < bytes.length; ) {
      const piece = bytes.subarray(at, at + BLOCK - this.#filled)
      this.#running = crc32(piece, this.#running)
      this.#filled += piece.length
      at += piece.length
      if (this.#filled === BLOCK) this.#endBlock()
    }
  }

  /** The check of every block, 4 bytes each, and at last one over them all. */
  encode(): Buffer {
    const checks = this.#filled > 0 ? [...this.#done, this.#running] : this.#done
    const bytes = Buffer.alloc((checks.length + 1) * 4)
    for (const [index, check] of checks.entries()) bytes.writeUInt32LE(check, index * 4)
    const seal = bytes.length - 4
    bytes.writeUInt32LE(crc32(bytes.subarray(0, seal)), seal)
    return bytes
  }

  #endBlock(): void {
    this.#done.push(this.#running)
    this.#running = 0
    this.#filled = 0
  }
}

/** Whether these are the whole checks of a content of `size` bytes; what a crash cut short is not. */
export function areChecks(bytes: Buffer, size: number): boolean {
  const seal = Math.ceil(size / BLOCK) * 4
  return bytes.length === seal + 4 && bytes.readUInt32LE(seal) === crc32(bytes.subarray(0, seal))
}

/** Whether whole blocks (the last may be shorter), the first of which is `index`, are as they were. */
export function areIntact(bytes: Uint8Array, index: number, checks: Buffer): boolean {
  for (let at = 0; at < bytes.length; at += BLOCK) {
    const check = checks.readUInt32LE((index + at / BLOCK) * 4)
    if (crc32(bytes.subarray(at, at + BLOCK)) !== check) return false
  }
  return true
}
