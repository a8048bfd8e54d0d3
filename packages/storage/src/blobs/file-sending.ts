import type { FileHandle } from 'node:fs/promises'
import type { Writable } from 'node:stream'
import type { ByteRange } from './blob-store.ts'
import { giveBack, POOLED, takeBuffer } from './buffer-pool.ts'

/** Two pieces that are read while two are written let neither the disk nor the client wait for a turn here. */
const FAST = { length: POOLED, pieces: 4, ahead: 2 }
const FAST_SENDERS = 16
/** For the others: a thousand clients that take nothing must not hold two gigabytes. */
const SMALL = { length: 128 * 1024, pieces: 1, ahead: 1 }

let senders = 0

/** Writes a range of a file to `to`, at its pace. Throws what `tooShort` makes where the file ends before. */
export async function sendFile(
  file: FileHandle,
  { start, end }: ByteRange,
  { to, tooShort }: { to: Writable; tooShort: () => Error },
): Promise<void> {
  const size = end + 1 - start
  const { length, pieces, ahead } = ++senders > FAST_SENDERS ? SMALL : FAST
  const count = Math.ceil(size / length)
  const buffers = Array.from({ length: Math.min(pieces, count) }, () => takeBuffer(Math.min(length, size)))
  const reads: Promise<Uint8Array>[] = []
  const writes: Promise<void>[] = []
  const read = async (index: number): Promise<Uint8Array> => {
    const at = index * length
    const piece = (buffers[index % pieces] as Buffer).subarray(0, Math.min(length, size - at))
    const { bytesRead } = await file.read(piece, 0, piece.length, start + at)
    if (bytesRead < piece.length) throw tooShort()
    return piece
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
    // Only those that nobody writes from any more.
    buffers.forEach(giveBack)
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
