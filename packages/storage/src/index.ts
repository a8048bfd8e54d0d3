export { serveUploads } from './blobs/appending/serve-uploads.ts'
export type { BlobStore, ByteRange, OpenUpload, Pace } from './blobs/blob-store.ts'
export { openFileBlobStore } from './blobs/file-blob-store.ts'
export { type ObjectStoreOptions, openObjectBlobStore } from './blobs/open-blob-store.ts'
export { KeyedLock } from './keyed-lock.ts'
export { MemoryRevisionStore } from './memory-revision-store.ts'
export type { HistoryLimits } from './revision-index.ts'
export {
  CompactedError,
  type Entry,
  type ListOptions,
  type ListResult,
  type RevisionStore,
  type StoreEvent,
} from './revision-store.ts'
export { copyRevisionStore } from './snapshot.ts'
export { lockFile, lockFolder } from './sqlite-database.ts'
export { openSqliteRevisionStore, type SqliteRevisionStore } from './sqlite-revision-store.ts'
