import type { FileHandle } from 'node:fs/promises'

/** Bytes that are collected for one write, while the one before is under way. */
const WRITE = 1024 * 1024

/** Appends a body to a file at the pace of the disk. What came before the body broke off is written. */
export async function append(file: FileHandle, body: AsyncIterable<Uint8Array>): Promise<void> {
  let waiting: Uint8Array[] = []
  let size = 0
  let writing = Promise.resolve()
  const turn = async (): Promise<void> => {
    await writing
    writing = writeWhole(file, waiting)
    writing.catch(() => {})
    waiting = []
    size = 0
  }
  try {
    for await (const piece of body) {
      waiting.push(piece)
      size += piece.length
      if (size >= WRITE) await turn()
    }
  } finally {
    await turn()
    await writing
  }
}

async function writeWhole(file: FileHandle, pieces: Uint8Array[]): Promise<void> {
  let left = pieces
  while (left.length > 0) {
    const { bytesWritten } = await file.writev(left)
    left = without(left, bytesWritten)
  }
}

/** The pieces without their first bytes. */
function without(pieces: Uint8Array[], bytes: number): Uint8Array[] {
  let gone = bytes
  return pieces.flatMap((piece) => {
    const rest = piece.subarray(Math.min(gone, piece.length))
    gone -= piece.length - rest.length
    return rest.length > 0 ? [rest] : []
  })
}
