import type { Entry, StoreEvent } from './revision-store.ts'

/** A write as asked for; `expected` 0 = the key must not exist. */
export interface Write {
  type: 'put' | 'delete'
  key: string
  value: string
  expected: number
}

/** The event that the write makes of the current entry; undefined when the entry is not the expected one. */
export function eventOf(write: Write, current: Entry | undefined, revision: number): StoreEvent | undefined {
  if ((current?.modRevision ?? 0) !== write.expected) return undefined
  const previous = current && { previous: current }
  if (write.type === 'delete') {
    return current && { type: 'delete', revision, key: write.key, entry: current, previous: current }
  }
  const entry = {
    key: write.key,
    value: write.value,
    createRevision: current?.createRevision ?? revision,
    modRevision: revision,
  }
  return { type: 'put', revision, key: write.key, entry, ...previous }
}
