import type { Readable } from 'node:stream'
import type { ByteRange } from './blob-store.ts'

export interface StoredObject {
  name: string
  size: number
  /** Milliseconds since 1970. */
  modifiedAt: number
}

/**
 * What a blob store needs of an object store: whole objects by name, which appear and are replaced in one step. Throws
 * TransientError BLOB_STORE_UNREACHABLE, UserError BLOB_STORE_DENIED.
 */
export interface Bucket {
  /** Undefined when there is none of this name; as with all that follow. */
  size(name: string): Promise<number | undefined>
  get(name: string, range?: ByteRange): Promise<Readable | undefined>
  put(name: string, bytes: Uint8Array): Promise<void>
  /** Makes one object of a content of `size` bytes without holding it; it appears when it is whole. */
  putStream(name: string, content: AsyncIterable<Uint8Array>, size: number): Promise<void>
  /** No error where there is none. */
  delete(name: string): Promise<void>
  list(prefix: string): AsyncIterable<StoredObject>
}

/** Bytes: S3 takes no smaller parts but the last, and every upload in progress holds one. */
export const PART = 5 * 1024 * 1024

/** The same bytes in parts of `size`; the last may be shorter, and there is none of nothing. What came before an error is given out. */
export async function* inParts(content: AsyncIterable<Uint8Array>, size = PART): AsyncGenerator<Buffer, void> {
  let waiting: Uint8Array[] = []
  let filled = 0
  let failure: { error: unknown } | undefined
  try {
    for await (const piece of content) {
      for (let at = 0; at < piece.length; ) {
        const taken = piece.subarray(at, at + size - filled)
        waiting.push(taken)
        filled += taken.length
        at += taken.length
        if (filled < size) continue
        yield Buffer.concat(waiting)
        waiting = []
        filled = 0
      }
    }
  } catch (error) {
    failure = { error }
  }
  if (filled > 0) yield Buffer.concat(waiting)
  if (failure) throw failure.error
}
