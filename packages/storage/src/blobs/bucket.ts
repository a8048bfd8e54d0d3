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
  /** What `putStream` left of objects that never appeared, because its process ended. None may be running. */
  removeLeftovers(): Promise<void>
  /** No error where there is none. */
  delete(name: string): Promise<void>
  list(prefix: string): AsyncIterable<StoredObject>
}

/** Bytes: S3 takes no smaller parts but the last. */
export const PART = 5 * 1024 * 1024

/** Bytes of the parts of a content, of which a service takes so many at most. */
export function partSize(content: number, parts: number): number {
  return Math.max(1, Math.min(content, Math.max(PART, Math.ceil(content / parts))))
}

/** The same bytes in parts of `size`; the last may be shorter, and there is none of nothing. A part is good until the next is asked for. */
export async function* inParts(content: AsyncIterable<Uint8Array>, size: number): AsyncGenerator<Buffer, void> {
  const part = Buffer.allocUnsafeSlow(size)
  let filled = 0
  for await (const piece of content) {
    for (let at = 0; at < piece.length; ) {
      const taken = piece.subarray(at, at + size - filled)
      part.set(taken, filled)
      filled += taken.length
      at += taken.length
      if (filled < size) continue
      yield part
      filled = 0
    }
  }
  if (filled > 0) yield part.subarray(0, filled)
}
