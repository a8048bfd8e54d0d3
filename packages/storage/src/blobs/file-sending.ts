import type { FileHandle } from 'node:fs/promises'
import type { Writable } from 'node:stream'
import type { ByteRange } from './blob-store.ts'
import { areIntact, BLOCK } from './block-checks.ts'

/** Bytes that are read at once: 1 MiB takes half the work of 128 KiB, but a thousand slow clients must not hold two gigabytes. */
const LARGE = 8 * BLOCK
const LARGE_READERS = 16

let readers = 0

export interface CheckedFile {
  file: FileHandle
  size: number
  /** As `BlockChecks.encode` wrote them. */
  checks: Buffer
}

/**
 * The blocks that cover a range, each compared with its check before it is handed on; the one after it is read meanwhile. A piece
 * is good until the next is asked for: there are two buffers. Ends early, with `corrupt` thrown, where a block has changed.
 */
export async function* checkedPieces(
  { file, size, checks }: CheckedFile,
  { start, end }: ByteRange,
  corrupt: () => Error,
): AsyncGenerator<Uint8Array, void> {
  const length = ++readers > LARGE_READERS ? BLOCK : LARGE
  const buffers = [Buffer.allocUnsafeSlow(length), Buffer.allocUnsafeSlow(length)] as const
  const from = Math.floor(start / BLOCK) * BLOCK
  const read = async (at: number): Promise<Uint8Array> => {
    const buffer = buffers[((at - from) / length) % 2 === 0 ? 0 : 1]
    const piece = buffer.subarray(0, Math.min(length, size - at))
    const { bytesRead } = await file.read(piece, 0, piece.length, at)
    if (bytesRead < piece.length || !areIntact(piece, at / BLOCK, checks)) throw corrupt()
    return piece
  }
  try {
    let next = read(from)
    for (let at = from; at <= end; at += length) {
      const piece = await next
      if (at + length <= end) {
        next = read(at + length)
        // It is awaited above, unless nobody asks for it any more.
        next.catch(() => {})
      }
      yield piece.subarray(Math.max(0, start - at), Math.min(piece.length, end + 1 - at))
    }
  } finally {
    readers -= 1
  }
}

/** Writes, and resolves when the piece has left: its buffer can be used again. Rejects when the other end is gone. */
export function write(to: Writable, piece: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    to.write(piece, (error) => (error ? reject(error) : resolve()))
  })
}
