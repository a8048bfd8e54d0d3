import type { Writable } from 'node:stream'

/** A byte range, both ends inclusive, as in RFC 9110 section 14. */
export interface ByteRange {
  start: number
  end: number
}

export interface OpenUpload {
  id: string
  /** Absent for an upload that was started without. */
  owner?: string
  /** Bytes received so far. */
  size: number
  /** When something was last added, milliseconds since 1970. */
  touchedAt: number
}

/** Told of every piece that was read; the next waits for it. */
export type Pace = (bytes: number) => Promise<void>

/**
 * Immutable blobs, each under the digest of its content (`sha256:…`, `sha512:…`), and uploads that become blobs. What resolved is
 * durable, and a blob is there whole or not at all.
 */
export interface BlobStore {
  /** Size in bytes, or undefined when there is no such blob. */
  stat(key: string): Promise<{ size: number } | undefined>
  /** The whole of a blob that is known to be small. Throws UserError BLOB_CORRUPT; undefined when there is no such blob. */
  get(key: string): Promise<Buffer | undefined>
  /**
   * Writes a part of the content, or all of it, to what `open` returns, piece by piece at its pace, and leaves that open; `open` is
   * called when there is such a blob, and false returned where there is none. It sends what is stored; whether that is still what
   * was pushed, `verify` tells. Throws UserError BLOB_CORRUPT where the content ends before.
   */
  send(key: string, range: ByteRange, open: () => Writable): Promise<boolean>
  /** Makes bytes that are known to have this digest a blob in one step. */
  put(key: string, bytes: Uint8Array): Promise<void>
  /** Starts an upload and returns its id. `owner`: 16 hexadecimal digits, by which its uploads are found. */
  startUpload(owner?: string): Promise<string>
  /** Bytes received so far; undefined when there is no such upload. Survives a restart. */
  uploadSize(id: string): Promise<number | undefined>
  /** Appends; resolves to the new size. What came before `body` broke off is kept, unless the disk is full. The pieces become the store's. */
  appendUpload(id: string, body: AsyncIterable<Uint8Array>): Promise<number>
  /** Makes the upload the blob `key` in one step. Throws UserError BLOB_DIGEST_MISMATCH for other content; the upload stays. */
  commitUpload(id: string, key: string): Promise<void>
  cancelUpload(id: string): Promise<void>
  /** Uploads that were neither committed nor cancelled, of one owner or all. */
  uploads(owner?: string): AsyncIterable<OpenUpload>
  delete(key: string): Promise<boolean>
  /** Reads the whole content; whether it still has its digest. Undefined when there is no such blob. */
  verify(key: string, pace: Pace): Promise<boolean | undefined>
  /** Takes a spoilt blob out of the store, to where somebody can look at it. The key can be filled again. */
  setAside(key: string): Promise<void>
  keys(): AsyncIterable<string>
}
