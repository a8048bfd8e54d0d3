import type { CareReport } from './caretaker.ts'

/** What a run did, for people; undefined when there was nothing to do. */
export function reportWords({ dryRun, retention, garbage }: CareReport): string | undefined {
  const parts = [
    amount(retention.tags, 'tag'),
    amount(retention.manifests, 'manifest'),
    amount(garbage.blobs, `blob (${garbage.bytes} bytes)`, `blobs (${garbage.bytes} bytes)`),
    amount(garbage.uploads, 'unfinished upload'),
  ].filter(Boolean)
  const removed = parts.length > 0 ? `${dryRun ? 'would remove' : 'removed'} ${parts.join(', ')}` : ''
  return [removed, ...retention.faults].filter(Boolean).join('; ') || undefined
}

function amount(count: number, one: string, many = `${one}s`): string {
  return count === 0 ? '' : `${count} ${count === 1 ? one : many}`
}
