import type { KubeObject } from '@slipway/kube-objects'

/** Timestamps of managedFields alone are no change: the API server leaves such writes out (SSA no-op rule). */
export function unchanged(next: KubeObject, current: KubeObject): boolean {
  next.metadata.resourceVersion = current.metadata.resourceVersion as string
  next.apiVersion = current.apiVersion
  const { metadata, ...rest } = next
  const { metadata: currentMetadata, ...currentRest } = current
  const { managedFields, ...own } = metadata
  const { managedFields: currentManagers, ...currentOwn } = currentMetadata
  return (
    sameJson(rest, currentRest) &&
    sameJson(own, currentOwn) &&
    sameJson(timeless(managedFields), timeless(currentManagers))
  )
}

function timeless(managers: unknown[] | undefined): unknown[] | undefined {
  return (managers as { time?: string }[] | undefined)?.map(({ time: _, ...entry }) => entry)
}

/** Equal once written as JSON, where fields that are undefined are not there. */
function sameJson(a: unknown, b: unknown): boolean {
  if (a === b) return true
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false
  if (Array.isArray(a) !== Array.isArray(b)) return false
  if (Array.isArray(a) && Array.isArray(b)) {
    return a.length === b.length && a.every((item, index) => sameJson(item, b[index]))
  }
  const [left, right] = [a, b] as [Record<string, unknown>, Record<string, unknown>]
  for (const field in left) if (!sameJson(left[field], right[field])) return false
  for (const field in right) if (right[field] !== undefined && left[field] === undefined) return false
  return true
}
