import { equalJson, isObject, type JsonObject } from './json.ts'
import type { KubeObject } from './object.ts'

/** One path at which two objects differ. `before` or `after` is absent where the path is not there. */
export interface FieldChange {
  /** `spec.template.spec.containers[name=web].image` */
  path: string
  before?: unknown
  after?: unknown
}

const MASK = '***'
// Written by the server; a difference there says nothing.
const SERVER_METADATA = new Set([
  'managedFields',
  'resourceVersion',
  'generation',
  'uid',
  'creationTimestamp',
  'selfLink',
])

/** What changed between two states of an object, for people: server bookkeeping and `status` left out, Secret data masked. */
export function diff(before: KubeObject | undefined, after: KubeObject | undefined): FieldChange[] {
  const changes: FieldChange[] = []
  compare(relevant(before), relevant(after), '', changes)
  return changes.map((change) => ((before ?? after)?.kind === 'Secret' ? masked(change) : change))
}

function relevant(object: KubeObject | undefined): unknown {
  if (!object) return undefined
  const { status: _status, ...rest } = object
  const metadata = Object.fromEntries(Object.entries(object.metadata).filter(([field]) => !SERVER_METADATA.has(field)))
  return { ...rest, metadata }
}

function compare(before: unknown, after: unknown, path: string, changes: FieldChange[]): void {
  if (equalJson(before, after)) return
  const [a, b] = [asMap(before, after), asMap(after, before)]
  if (!a || !b) {
    changes.push({ path, ...(before !== undefined && { before }), ...(after !== undefined && { after }) })
    return
  }
  for (const field of new Set([...Object.keys(a), ...Object.keys(b)])) {
    const at = field.startsWith('[') ? path + field : path ? `${path}.${field}` : field
    compare(a[field], b[field], at, changes)
  }
}

/** A map, or a list as one: by the items' names where all of both lists have one, else by index. */
function asMap(value: unknown, other: unknown): JsonObject | undefined {
  if (isObject(value)) return value
  if (!Array.isArray(value) || !Array.isArray(other)) return undefined
  const named = [...value, ...other].every((item) => isObject(item) && typeof item.name === 'string')
  return Object.fromEntries(
    value.map((item: unknown, index) => [named && isObject(item) ? `[name=${String(item.name)}]` : `[${index}]`, item]),
  )
}

function masked(change: FieldChange): FieldChange {
  const hides = /^(data|stringData)(\.|$)/.test(change.path) || change.path.includes('last-applied-configuration')
  if (!hides && change.path !== '') return hideInside(change)
  return {
    path: change.path,
    ...('before' in change && { before: MASK }),
    ...('after' in change && { after: MASK }),
  }
}

/** The whole of `metadata.annotations` may hold what kubectl applied last. */
function hideInside(change: FieldChange): FieldChange {
  return change.path === 'metadata.annotations' || change.path === 'metadata'
    ? { path: change.path, ...('before' in change && { before: MASK }), ...('after' in change && { after: MASK }) }
    : change
}
