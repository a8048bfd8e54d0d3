/** One stored value and the revisions that made it. Revisions are integers, one sequence for the whole store, from 1. */
export interface Entry {
  key: string
  value: string
  createRevision: number
  modRevision: number
}

/** What happened to a key. `previous` is the entry before the change, when there was one. */
export interface StoreEvent {
  type: 'put' | 'delete'
  revision: number
  key: string
  /** The new entry of a put; the last entry of a delete. */
  entry: Entry
  previous?: Entry
}

export interface ListOptions {
  /** At most so many entries; absent = all. */
  limit?: number
  /** Start after this key (exclusive). */
  after?: string
  /** Read at this past revision; absent = now. Throws CompactedError when history no longer reaches back so far. */
  revision?: number
}

export interface ListResult {
  entries: Entry[]
  /** The revision at which the list is true. */
  revision: number
  /** Whether more entries follow the last one. */
  more: boolean
  /** How many entries follow, when `more`. */
  remaining: number
}

/**
 * An ordered key-value store with revisions and history (etcd's model, cut down to what a Kubernetes API needs).
 * A write is acknowledged (its promise resolves) when it is durable; readers and watchers never see a write that a crash can undo.
 */
export interface RevisionStore {
  get(key: string): Entry | undefined
  /** Entries whose key starts with `prefix`, in key order. */
  list(prefix: string, options?: ListOptions): ListResult
  /** Fails (returns undefined) when the key exists. */
  create(key: string, value: string): Promise<Entry | undefined>
  /** Fails (returns undefined) when the key's modRevision is not `expected`. */
  update(key: string, value: string, expected: number): Promise<Entry | undefined>
  /** Fails (returns undefined) when the key's modRevision is not `expected`; resolves to the tombstone's revision. */
  delete(key: string, expected: number): Promise<number | undefined>
  /**
   * Calls `onEvent` for every change under `prefix` after `fromRevision`, in order, first from history, then live.
   * Throws CompactedError when history does not reach back to `fromRevision`. Returns a function that stops it.
   */
  watch(prefix: string, fromRevision: number, onEvent: (event: StoreEvent) => void): () => void
  /** The newest durable revision. */
  revision(): number
  /** Forgets history up to and including this revision. */
  compact(revision: number): Promise<void>
  close(): Promise<void>
}

/** History before this revision is gone; Kubernetes answers 410 Gone / Expired. */
export class CompactedError extends Error {
  readonly compactedRevision: number

  constructor(compactedRevision: number) {
    super(`required revision has been compacted (history starts after ${compactedRevision})`)
    this.name = 'CompactedError'
    this.compactedRevision = compactedRevision
  }
}
