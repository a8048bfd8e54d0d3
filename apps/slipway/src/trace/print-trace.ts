import { formatDuration, formatTable } from '../table.ts'
import type { Trace } from './trace.ts'

/** The trace as a table: each hop, what it was, and how long after the one before it was there. */
export function formatTrace({ workload, hops }: Trace): string {
  const { kind, metadata } = workload
  let before: number | undefined
  const rows = hops.map(({ what, name, detail, at }) => {
    const took = at !== undefined && before !== undefined && at >= before ? `+${formatDuration(at - before)}` : ''
    before = at ?? before
    return [what, name, at === undefined ? '' : new Date(at).toISOString().slice(11, 23), took, detail]
  })
  return `${kind} ${metadata.namespace ?? ''}/${metadata.name}\n${formatTable(['hop', 'name', 'time', 'took', 'detail'], rows)}`
}
