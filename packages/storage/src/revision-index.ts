import { CompactedError, type Entry, type ListOptions, type ListResult, type StoreEvent } from './revision-store.ts'
import { SortedKeys } from './sorted-keys.ts'
import { type Listener, Watchers } from './watchers.ts'

/** How much history a store keeps by itself; older history is compacted away. */
export interface HistoryLimits {
  /** At least so many revisions. @default 10_000 */
  revisions?: number
  /** Unless their values are larger than so many bytes. @default 32 MiB */
  bytes?: number
}

/** The durable state in memory: the current entries in key order, the recent events, and who watches them. */
export class RevisionIndex {
  readonly #entries = new Map<string, Entry>()
  readonly #keys = new SortedKeys()
  readonly #watchers = new Watchers()
  readonly #limits: Required<HistoryLimits>
  readonly #unannounced: StoreEvent[] = []
  #history: StoreEvent[] = []
  #historyBytes = 0
  #compacted = 0
  #revision = 0

  constructor(limits: HistoryLimits = {}) {
    this.#limits = { revisions: limits.revisions ?? 10_000, bytes: limits.bytes ?? 32 * 1024 * 1024 }
  }

  revision(): number {
    return this.#revision
  }

  get(key: string): Entry | undefined {
    return this.#entries.get(key)
  }

  list(prefix: string, options: ListOptions = {}): ListResult {
    const revision = options.revision ?? this.#revision
    if (revision < this.#compacted) throw new CompactedError(this.#compacted)
    const limit = options.limit || Number.POSITIVE_INFINITY
    if (revision < this.#revision) {
      const found = this.#pastEntries(prefix, revision, options.after)
      return page(found.slice(0, limit), revision, Math.max(0, found.length - limit))
    }
    const entries: Entry[] = []
    for (const entry of this.#currentEntries(prefix, options.after)) {
      if (entries.length === limit) return page(entries, revision, this.#keys.count(prefix, entries.at(-1)?.key))
      entries.push(entry)
    }
    return page(entries, revision, 0)
  }

  watch(prefix: string, fromRevision: number, onEvent: Listener): () => void {
    if (fromRevision < this.#compacted) throw new CompactedError(this.#compacted)
    for (const event of this.#eventsAfter(fromRevision)) if (event.key.startsWith(prefix)) onEvent(event)
    // An event that is applied but not announced yet has come out of history just now.
    const seen = this.#revision
    return this.#watchers.add(prefix, (event) => {
      if (event.revision > seen) onEvent(event)
    })
  }

  /** Takes a durable event into the state; its revision is the next one. Watchers are told by `announce`. */
  apply(event: StoreEvent): void {
    this.#revision = event.revision
    if (event.type === 'put') {
      if (!event.previous) this.#keys.add(event.key)
      this.#entries.set(event.key, event.entry)
    } else {
      this.#keys.remove(event.key)
      this.#entries.delete(event.key)
    }
    this.#history.push(event)
    this.#historyBytes += event.entry.value.length
  }

  /** Moves on to a revision whose own row is gone, so that no revision is given twice. */
  advanceTo(revision: number): void {
    this.#revision = Math.max(this.#revision, revision)
  }

  /** Calls the watchers of the event's key. A write made by a watcher waits its turn, so that all see one order. */
  announce(event: StoreEvent): void {
    this.#unannounced.push(event)
    if (this.#unannounced.length > 1) return
    for (let next: StoreEvent | undefined = event; next; next = this.#unannounced[0]) {
      try {
        this.#watchers.tell(next)
      } finally {
        this.#unannounced.shift()
      }
    }
  }

  /** The revision to compact to when history has outgrown its limits by a tenth. */
  dueCompaction(): number | undefined {
    const { revisions, bytes } = this.#limits
    if (this.#history.length <= revisions * 1.1 && this.#historyBytes <= bytes * 1.1) return undefined
    let excess = this.#historyBytes - bytes
    let index = Math.max(0, this.#history.length - revisions)
    for (const event of this.#history.slice(0, index)) excess -= event.entry.value.length
    while (excess > 0 && index < this.#history.length) excess -= this.#history[index++]?.entry.value.length ?? 0
    return this.#history[index - 1]?.revision
  }

  /** Forgets the events up to and including `revision` and returns them. */
  compact(revision: number): StoreEvent[] {
    if (revision <= this.#compacted) return []
    this.#compacted = Math.min(revision, this.#revision)
    const kept = this.#eventsAfter(this.#compacted)
    const dropped = this.#history.slice(0, this.#history.length - kept.length)
    this.#history = kept
    for (const event of dropped) this.#historyBytes -= event.entry.value.length
    return dropped
  }

  *#currentEntries(prefix: string, after: string | undefined): Generator<Entry> {
    for (const key of this.#keys.range(prefix, after)) yield this.#entries.get(key) as Entry
  }

  /** The entries as they were, by undoing the later events. */
  #pastEntries(prefix: string, revision: number, after = ''): Entry[] {
    const past = new Map<string, Entry | undefined>()
    for (const event of this.#eventsAfter(revision).reverse()) {
      if (event.key.startsWith(prefix)) past.set(event.key, event.previous)
    }
    for (const entry of this.#currentEntries(prefix, after)) if (!past.has(entry.key)) past.set(entry.key, entry)
    return [...past.values()]
      .filter((entry) => entry !== undefined)
      .filter((entry) => entry.key > after)
      .sort((a, b) => (a.key < b.key ? -1 : 1))
  }

  #eventsAfter(revision: number): StoreEvent[] {
    let low = 0
    let high = this.#history.length
    while (low < high) {
      const middle = (low + high) >> 1
      if ((this.#history[middle]?.revision ?? 0) <= revision) low = middle + 1
      else high = middle
    }
    return this.#history.slice(low)
  }
}

function page(entries: Entry[], revision: number, remaining: number): ListResult {
  return { entries, revision, more: remaining > 0, remaining }
}
