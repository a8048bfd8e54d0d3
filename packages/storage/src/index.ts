export type { BlobStore, ByteRange } from './blob-store.ts'
export {
  CompactedError,
  type Entry,
  type ListOptions,
  type ListResult,
  type RevisionStore,
  type StoreEvent,
} from './revision-store.ts'
