import { equalJson, fieldNode, isObject, type JsonObject, type SchemaNode, setField } from '@slipway/kube-objects'

/** Deletes its map when it is merged into another. */
const DELETED = Symbol('deleted')

/**
 * Kustomize's strategic merge (kyaml merge2): as Kubernetes' own, but items of a patched list come first, in the patch's order.
 * Undefined when the patch deletes the target (`$patch: delete`). Neither argument is changed.
 */
export function mergeStrategic(target: JsonObject, patch: JsonObject, schema: SchemaNode): JsonObject | undefined {
  // Kustomize replaces no whole object, nor a single item of a list that is there.
  if (patch.$patch === 'replace') return target
  const merged = mergeMap(target, patch, schema)
  return merged === DELETED ? undefined : merged
}

function mergeMap(target: JsonObject, patch: JsonObject, schema: SchemaNode): JsonObject | typeof DELETED {
  const { $patch: directive, ...fields } = patch
  if (directive === 'delete') return DELETED
  const result: JsonObject = directive === 'replace' ? {} : { ...target }
  for (const [field, value] of Object.entries(fields)) {
    const merged = mergeValue(result[field], value, fieldNode(schema, field))
    if (merged === DELETED) delete result[field]
    else setField(result, field, merged)
  }
  return result
}

function mergeValue(target: unknown, patch: unknown, schema: SchemaNode): unknown {
  if (patch === null) return DELETED
  if (isObject(patch)) return mergeMap(isObject(target) ? target : {}, patch, schema)
  if (!Array.isArray(patch)) return patch
  const list = Array.isArray(target) ? target : []
  if (!schema.patchStrategy?.includes('merge')) return cleaned(patch)
  const keys = keysOf(schema, [...patch, ...list])
  return keys ? mergeList(list, patch, keys, schema) : mergeScalars(list, patch)
}

/** The keys that tell items apart: all of the schema's that occur, else the one for patches. */
function keysOf(schema: SchemaNode, items: unknown[]): string[] | undefined {
  if (!items.every(isObject)) return undefined
  const { listMapKeys = [], patchMergeKey } = schema
  const keys = listMapKeys.filter((key) => items.some((item) => key in item))
  if (keys.length > 0) return keys
  return patchMergeKey ? [patchMergeKey] : undefined
}

function mergeScalars(target: unknown[], patch: unknown[]): unknown[] {
  return [...target, ...patch.filter((item) => !target.some((other) => equalJson(item, other)))]
}

function mergeList(
  target: unknown[],
  patch: JsonObject[],
  keys: string[],
  schema: SchemaNode,
): unknown[] | typeof DELETED {
  // A directive that stands alone is about the whole list.
  const alone = patch.find((item) => '$patch' in item)
  const directive = alone && Object.keys(alone).length === 1 ? alone.$patch : undefined
  if (directive === 'delete') return DELETED
  if (directive === 'replace') return cleaned(patch.filter((item) => item.$patch !== 'replace'))
  const same = (a: unknown, b: unknown): boolean =>
    isObject(a) && isObject(b) && keys.every((key) => equalJson(a[key], b[key]))
  const merged = patch
    .filter((item) => !target.some((other) => isHidden(item, other, keys)))
    .map((item) => {
      const current = target.find((other) => same(item, other))
      if (item.$patch === 'replace' && current !== undefined) return current
      return mergeMap(isObject(current) ? current : {}, item, schema.items ?? { type: 'any' })
    })
    .filter((item) => item !== DELETED)
  return [...merged, ...target.filter((item) => !patch.some((other) => same(item, other)))]
}

/** Items that differ only in that one lacks a key, such as a port's protocol, count as one, and the list's own stays (mergeValues). */
function isHidden(item: JsonObject, other: unknown, keys: string[]): boolean {
  if (!isObject(other)) return false
  const shared = keys.filter((key) => item[key] !== undefined && other[key] !== undefined)
  const lacking = keys.some((key) => (item[key] === undefined) !== (other[key] === undefined))
  return lacking && shared.length > 0 && shared.every((key) => equalJson(item[key], other[key]))
}

/** A list that replaces another, without items that only delete. */
function cleaned(list: unknown[]): unknown[] {
  return list.flatMap((item) => {
    if (!isObject(item)) return [item]
    const merged = mergeMap({}, item, { type: 'any' })
    return merged === DELETED ? [] : [merged]
  })
}
