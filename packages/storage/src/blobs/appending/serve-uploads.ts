import { createHash, type Hash } from 'node:crypto'
import { writevSync } from 'node:fs'
import { MessageChannel, type MessagePort } from 'node:worker_threads'

/** What the thread is asked, and answers one after the other. */
export type UploadWork =
  /** The pieces are appended to an open file. The first write of an upload begins its digest. */
  | {
      readonly kind: 'write'
      readonly id: string
      readonly fd: number
      readonly pieces: Uint8Array[]
      readonly begins: boolean
    }
  /** The SHA-256 so far, in hexadecimal digits. */
  | { readonly kind: 'digest'; readonly id: string }
  | { readonly kind: 'drop'; readonly id: string }

export type UploadAnswer =
  | { readonly digest?: string }
  | { readonly fault: { readonly message: string; readonly code?: string | undefined } }

/** Writes uploads and counts their digests, as a port asks for it. Nothing is written of an upload behind a write that failed. */
export function serveUploads(port: MessagePort): void {
  const hashes = new Map<string, Hash>()
  const discard = discarder()
  port.on('message', (work: UploadWork) => {
    const answer = answerTo(work, hashes)
    if (work.kind === 'write') discard(work.pieces)
    port.postMessage(answer)
  })
}

/**
 * Frees the memory of pieces at once. Left to the garbage collector, which sees a few small objects, 64 MB of them go by before it
 * comes round: more than a processor's cache, and main memory is five times slower. What is sent to a closed port is given away
 * all the same (HTML, "message port post message steps").
 */
function discarder(): (pieces: Uint8Array[]) => void {
  const { port1: closed } = new MessageChannel()
  closed.close()
  return (pieces) => closed.postMessage(undefined, [...new Set(pieces.map(({ buffer }) => buffer as ArrayBuffer))])
}

function answerTo(work: UploadWork, hashes: Map<string, Hash>): UploadAnswer {
  try {
    if (work.kind === 'drop') hashes.delete(work.id)
    if (work.kind === 'digest') return { digest: known(hashes, work.id).copy().digest('hex') }
    if (work.kind === 'write') {
      if (work.begins) hashes.set(work.id, createHash('sha256'))
      write(work.fd, work.pieces, known(hashes, work.id))
    }
    return {}
  } catch (error) {
    hashes.delete(work.id)
    const { message, code } = error as NodeJS.ErrnoException
    return { fault: { message, code } }
  }
}

function known(hashes: Map<string, Hash>, id: string): Hash {
  const hash = hashes.get(id)
  if (!hash) throw new Error('the upload has failed before')
  return hash
}

function write(fd: number, pieces: Uint8Array[], hash: Hash): void {
  for (const piece of pieces) hash.update(piece)
  // A disk that is nearly full takes a part.
  for (let left = pieces; left.length > 0; ) left = behind(left, writevSync(fd, left))
}

/** What is left of pieces behind so many bytes. */
export function behind(pieces: Uint8Array[], bytes: number): Uint8Array[] {
  let skipped = 0
  let at = bytes
  for (const { length } of pieces) {
    if (at < length) break
    at -= length
    skipped += 1
  }
  const [first, ...others] = pieces.slice(skipped)
  return first ? [first.subarray(at), ...others] : []
}
