import type { FileHandle } from 'node:fs/promises'
import type { Writable } from 'node:stream'
import type { ByteRange } from './blob-store.ts'
import { areIntact, BLOCK } from './block-checks.ts'

/**
 * Half a mebibyte takes half the work of a block, and two pieces that are read while two are written let neither the disk nor the
 * client wait for a turn here.
 */
const FAST = { length: 4 * BLOCK, pieces: 4, ahead: 2 }
const FAST_SENDERS = 16
/** For the others: a thousand clients that take nothing must not hold two gigabytes. */
const SMALL = { length: BLOCK, pieces: 1, ahead: 1 }

let senders = 0

export interface CheckedFile {
  file: FileHandle
  size: number
  /** As `BlockChecks.encode` wrote them. */
  checks: Buffer
}

/**
 * Writes a range to `to` at its pace. Each block is compared with its check before any of it leaves; where one has changed, what
 * `corrupt` makes is thrown, and the rest is not sent.
 */
export async function sendChecked(
  { file, size, checks }: CheckedFile,
  { start, end }: ByteRange,
  { to, corrupt }: { to: Writable; corrupt: () => Error },
): Promise<void> {
  const { length, pieces, ahead } = ++senders > FAST_SENDERS ? SMALL : FAST
  const buffers = Array.from({ length: pieces }, () => Buffer.allocUnsafeSlow(length))
  const reads: Promise<Uint8Array>[] = []
  const writes: Promise<void>[] = []
  const from = Math.floor(start / BLOCK) * BLOCK
  const count = Math.ceil((end + 1 - from) / length)
  const read = async (index: number): Promise<Uint8Array> => {
    const at = from + index * length
    const piece = (buffers[index % pieces] as Buffer).subarray(0, Math.min(length, size - at))
    const { bytesRead } = await file.read(piece, 0, piece.length, at)
    if (bytesRead < piece.length || !areIntact(piece, at / BLOCK, checks)) throw corrupt()
    return piece.subarray(Math.max(0, start - at), Math.min(piece.length, end + 1 - at))
  }
  try {
    let next = 0
    for (let index = 0; index < count; index++) {
      for (; next < Math.min(index + ahead, count); next++) {
        // Its buffer has to have left before it is filled again.
        await writes[next % pieces]
        reads[next % pieces] = started(read(next))
      }
      const piece = (await reads[index % pieces]) as Uint8Array
      writes[index % pieces] = started(write(to, piece))
    }
    await Promise.all(writes)
  } finally {
    senders -= 1
    // The file is closed after this, and a buffer that is still read into is not given back.
    await Promise.allSettled(reads)
  }
}

/** It is awaited later, or by nobody when something before it fails. */
function started<T>(work: Promise<T>): Promise<T> {
  work.catch(() => {})
  return work
}

/** Writes, and resolves when the piece has left: its buffer can be used again. Rejects when the other end is gone. */
export function write(to: Writable, piece: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    to.write(piece, (error) => (error ? reject(error) : resolve()))
  })
}
