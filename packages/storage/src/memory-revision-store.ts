import { type HistoryLimits, RevisionIndex } from './revision-index.ts'
import type { Entry, ListOptions, ListResult, RevisionStore, StoreEvent } from './revision-store.ts'
import { eventOf, type Write } from './writes.ts'

/** A RevisionStore that lives as long as the process: for tests and throw-away servers. */
export class MemoryRevisionStore implements RevisionStore {
  readonly #index: RevisionIndex

  constructor(limits: HistoryLimits = {}) {
    this.#index = new RevisionIndex(limits)
  }

  get(key: string): Entry | undefined {
    return this.#index.get(key)
  }

  list(prefix: string, options?: ListOptions): ListResult {
    return this.#index.list(prefix, options)
  }

  watch(prefix: string, fromRevision: number, onEvent: (event: StoreEvent) => void): () => void {
    return this.#index.watch(prefix, fromRevision, onEvent)
  }

  revision(): number {
    return this.#index.revision()
  }

  async create(key: string, value: string): Promise<Entry | undefined> {
    return this.#write({ type: 'put', key, value, expected: 0 })?.entry
  }

  async update(key: string, value: string, expected: number): Promise<Entry | undefined> {
    if (expected === 0) return undefined
    return this.#write({ type: 'put', key, value, expected })?.entry
  }

  async delete(key: string, expected: number): Promise<number | undefined> {
    return this.#write({ type: 'delete', key, value: '', expected })?.revision
  }

  async compact(revision: number): Promise<void> {
    this.#index.compact(revision)
  }

  async close(): Promise<void> {}

  #write(write: Write): StoreEvent | undefined {
    const event = eventOf(write, this.#index.get(write.key), this.#index.revision() + 1)
    if (!event) return undefined
    this.#index.apply(event)
    this.#index.announce(event)
    const due = this.#index.dueCompaction()
    if (due !== undefined) this.#index.compact(due)
    return event
  }
}
