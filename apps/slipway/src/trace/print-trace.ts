import { formatDuration, formatTable } from '../table.ts'
import type { Trace } from './trace.ts'

/** The trace as a table: each hop, what it was, and how long after the one before it was there. */
export function formatTrace({ workload, hops }: Trace): string {
  const { kind, metadata } = workload
  let before: number | undefined
  const rows = hops.map(({ what, name, detail, at }) => {
    const took = at === undefined || before === undefined ? '' : formatStep(at - before)
    if (at !== undefined) before = Math.max(at, before ?? at)
    return [what, name, at === undefined ? '' : formatTime(at), took, detail]
  })
  return `${kind} ${metadata.namespace ?? ''}/${metadata.name}\n${formatTable(['hop', 'name', 'time', 'took', 'detail'], rows)}`
}

/** Kubernetes notes whole seconds, so a hop may seem to be up to a second before the one that led to it. */
function formatStep(milliseconds: number): string {
  if (milliseconds >= 0) return `+${formatDuration(milliseconds)}`
  return milliseconds > -1000 ? '<1s' : ''
}

function formatTime(at: number): string {
  const text = new Date(at).toISOString().slice(11, 23)
  return text.endsWith('.000') ? text.slice(0, 8) : text
}
