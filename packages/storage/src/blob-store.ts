import type { Readable } from 'node:stream'

/** A byte range, both ends inclusive, as in RFC 9110 section 14. */
export interface ByteRange {
  start: number
  end: number
}

/** Immutable blobs by key (a digest), and uploads that become blobs. What `commit` acknowledged is durable and complete. */
export interface BlobStore {
  /** Size in bytes, or undefined when there is no such blob. */
  stat(key: string): Promise<{ size: number } | undefined>
  /** The content; undefined when there is no such blob. */
  read(key: string, range?: ByteRange): Promise<Readable | undefined>
  /** Starts an upload and returns its id. */
  startUpload(): Promise<string>
  /** Bytes received so far; undefined when there is no such upload. Survives a restart. */
  uploadSize(id: string): Promise<number | undefined>
  /** Appends; resolves to the new size. */
  appendUpload(id: string, body: Readable): Promise<number>
  /** Makes the upload the blob `key` in one step. `verify` reads the whole content first and throws to refuse it. */
  commitUpload(id: string, key: string, verify: (content: Readable) => Promise<void>): Promise<void>
  cancelUpload(id: string): Promise<void>
  delete(key: string): Promise<boolean>
  keys(): AsyncIterable<string>
}
