import { UserError } from '@slipway/errors'
import { equalJson, isObject, type JsonObject, setField, withoutNulls } from '../json.ts'
import { fieldNode, type SchemaNode } from '../schema/node.ts'

const DIRECTIVE = '$patch'
const RETAIN_KEYS = '$retainKeys'
const DELETE_PRIMITIVES = '$deleteFromPrimitiveList/'
const ELEMENT_ORDER = '$setElementOrder/'

/**
 * Strategic merge patch as Kubernetes defines it (apimachinery/pkg/util/strategicpatch): lists merge by the key that the schema
 * names; `$patch: delete|replace|merge`, `$retainKeys`, `$deleteFromPrimitiveList` and `$setElementOrder` are obeyed.
 * Without a schema it is a JSON merge patch with directives. Neither argument is changed. Throws UserError PATCH_INVALID.
 */
export function strategicMergePatch<T>(target: T, patch: unknown, schema: SchemaNode | undefined): T {
  if (!isObject(patch)) throw new UserError('PATCH_INVALID', 'a strategic merge patch must be an object')
  return mergeMap(isObject(target) ? target : {}, patch, schema) as T
}

function mergeMap(target: JsonObject, patch: JsonObject, schema: SchemaNode | undefined): JsonObject {
  switch (patch[DIRECTIVE]) {
    case 'replace':
      return withoutNulls(omit(patch, DIRECTIVE))
    case 'delete':
      return {}
    case 'merge':
    case undefined:
      break
    default:
      throw new UserError('PATCH_INVALID', `unknown patch type found: ${String(patch[DIRECTIVE])} in map`)
  }
  const result = retainKeys({ ...target }, patch)
  for (const [field, value] of Object.entries(patch)) {
    if (field === DIRECTIVE || field === RETAIN_KEYS || field.startsWith(ELEMENT_ORDER)) continue
    if (field.startsWith(DELETE_PRIMITIVES)) deletePrimitives(result, field.slice(DELETE_PRIMITIVES.length), value)
    else mergeField(result, field, value, { patch, schema: fieldNode(schema, field) })
  }
  // An order alone still sorts the list that is there.
  for (const field of Object.keys(patch).filter((name) => name.startsWith(ELEMENT_ORDER))) {
    const name = field.slice(ELEMENT_ORDER.length)
    if (!(name in patch)) mergeField(result, name, [], { patch, schema: fieldNode(schema, name) })
  }
  return result
}

function mergeField(
  result: JsonObject,
  field: string,
  value: unknown,
  { patch, schema }: { patch: JsonObject; schema: SchemaNode },
): void {
  const current = Object.hasOwn(result, field) ? result[field] : undefined
  if (value === null) delete result[field]
  else if (isObject(value) && isObject(current)) {
    const replace = schema.patchStrategy?.includes('replace')
    setField(result, field, mergeMap(replace ? {} : current, value, schema))
  } else if (Array.isArray(value) && Array.isArray(current) && schema.patchStrategy?.includes('merge')) {
    const order = patch[ELEMENT_ORDER + field]
    setField(result, field, mergeList(current, value, schema, Array.isArray(order) ? order : undefined))
  } else if (hasDirective(value)) delete result[field]
  else setField(result, field, asData(value))
}

function mergeList(current: unknown[], patch: unknown[], schema: SchemaNode, order: unknown[] | undefined): unknown[] {
  const { patchMergeKey: key } = schema
  if (!key) {
    const merged = [...current, ...patch].filter(
      (item, index, all) => all.findIndex((other) => equalJson(item, other)) === index,
    )
    return inOrder(merged, current, order ?? patch, (item) => item)
  }
  if (patch.some((item) => isObject(item) && item[DIRECTIVE] === 'replace' && !(key in item))) {
    return patch.filter((item) => !hasDirective(item))
  }
  let merged = [...current]
  const [deleted, others] = [patch.filter(hasDirective), patch.filter((item) => !hasDirective(item))]
  for (const item of [...deleted, ...others]) merged = mergeItem(merged, item, key, schema)
  // In Go, what is added comes to stand where deleted items were, and has a place among the server's then.
  const server = order ? merged.slice(0, current.length) : current
  return inOrder(merged, server, order ?? patch, (item) => (isObject(item) ? item[key] : item))
}

function mergeItem(list: unknown[], item: unknown, key: string, schema: SchemaNode): unknown[] {
  if (!isObject(item)) throw new UserError('PATCH_INVALID', `expected a map in a list that merges by "${key}"`)
  if (item[key] === undefined) {
    throw new UserError('PATCH_INVALID', `map: ${JSON.stringify(item)} does not contain declared merge key: ${key}`)
  }
  const same = (other: unknown): boolean => isObject(other) && equalJson(other[key], item[key])
  if (item[DIRECTIVE] === 'delete') return list.filter((other) => !same(other))
  const index = list.findIndex(same)
  const current = list[index]
  return isObject(current) ? list.with(index, mergeMap(current, item, schema.items)) : [...list, asData(item)]
}

/**
 * The order of a merged list: items of the patch keep the patch's order and items that only the server has keep theirs;
 * where the two meet the server's order decides, and an item that is new comes first (normalizeElementOrder).
 */
function inOrder(merged: unknown[], server: unknown[], order: unknown[], keyOf: (item: unknown) => unknown): unknown[] {
  const position = (list: unknown[], item: unknown): number =>
    list.findIndex((other) => equalJson(keyOf(other), keyOf(item)))
  const patched = merged
    .filter((item) => position(order, item) >= 0)
    .toSorted((a, b) => position(order, a) - position(order, b))
  const others = merged.filter((item) => position(order, item) < 0)
  const result: unknown[] = []
  while (patched.length > 0 && others.length > 0) {
    const left = position(server, patched[0])
    result.push(left < 0 || left < position(server, others[0]) ? patched.shift() : others.shift())
  }
  return [...result, ...patched, ...others]
}

function retainKeys(target: JsonObject, patch: JsonObject): JsonObject {
  const keep = patch[RETAIN_KEYS]
  if (keep === undefined) return target
  if (!Array.isArray(keep)) throw new UserError('PATCH_INVALID', `${RETAIN_KEYS} must be a list`)
  return Object.fromEntries(Object.entries(target).filter(([field]) => keep.includes(field)))
}

function deletePrimitives(result: JsonObject, field: string, values: unknown): void {
  const current = result[field]
  if (!Array.isArray(current) || !Array.isArray(values)) return
  setField(
    result,
    field,
    current.filter((item) => !values.some((value) => equalJson(value, item))),
  )
}

/** What is new, or in the place of something else, is taken as it stands, without directives and nulls, which are no data. */
function asData(value: unknown): unknown {
  if (Array.isArray(value)) return value.filter((item) => !hasDirective(item)).map(asData)
  if (!isObject(value)) return value
  const result: JsonObject = {}
  for (const [field, child] of Object.entries(value)) {
    const isListDirective = field.startsWith(DELETE_PRIMITIVES) || field.startsWith(ELEMENT_ORDER)
    if (child === null || field === RETAIN_KEYS || isListDirective || hasDirective(child)) continue
    setField(result, field, asData(child))
  }
  return result
}

const hasDirective = (value: unknown): boolean => isObject(value) && DIRECTIVE in value

function omit(object: JsonObject, field: string): JsonObject {
  const { [field]: _omitted, ...rest } = object
  return rest
}
