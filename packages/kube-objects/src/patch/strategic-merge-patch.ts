import { UserError } from '@slipway/errors'
import { goText } from '../go-text.ts'
import { equalJson, identityOf, isObject, type JsonObject, setField, withoutNulls } from '../json.ts'
import { fieldNode, type SchemaNode } from '../schema/node.ts'
import { inOrder } from './element-order.ts'

const DIRECTIVE = '$patch'
const RETAIN_KEYS = '$retainKeys'
const DELETE_PRIMITIVES = '$deleteFromPrimitiveList/'
const ELEMENT_ORDER = '$setElementOrder/'

/**
 * Strategic merge patch as Kubernetes defines it (apimachinery/pkg/util/strategicpatch): lists merge by the key that the schema
 * names; `$patch: delete|replace`, `$retainKeys`, `$deleteFromPrimitiveList` and `$setElementOrder` are obeyed.
 * Without a schema it is a JSON merge patch with directives. Neither argument is changed. Throws UserError PATCH_INVALID, and
 * PATCH_MALFORMED for directives that cannot be read.
 */
export function strategicMergePatch<T>(target: T, patch: unknown, schema: SchemaNode | undefined): T {
  if (!isObject(patch)) throw new UserError('PATCH_MALFORMED', 'a strategic merge patch must be an object')
  return mergeMap(isObject(target) ? target : {}, patch, schema) as T
}

function mergeMap(target: JsonObject, patch: JsonObject, schema: SchemaNode | undefined): JsonObject {
  const { [DIRECTIVE]: directive, ...rest } = patch
  if (directive === 'replace') return withoutNulls(rest)
  if (directive === 'delete') return {}
  if (directive !== undefined) fail(`unknown patch type: ${goText(directive)} in map: ${goText(patch)}`)
  const result = retainKeys({ ...target }, rest)
  const ordered = mergeOrdered(result, rest, schema)
  for (const [field, value] of Object.entries(rest)) {
    if (field === RETAIN_KEYS || field.startsWith(ELEMENT_ORDER) || ordered.has(field)) continue
    if (field.startsWith(DELETE_PRIMITIVES)) deletePrimitives(result, field.slice(DELETE_PRIMITIVES.length), value)
    else mergeField(result, field, value, fieldNode(schema, field))
  }
  return result
}

function mergeField(result: JsonObject, field: string, value: unknown, schema: SchemaNode): void {
  const current = Object.hasOwn(result, field) ? result[field] : undefined
  if (value === null) delete result[field]
  else if (isObject(value) && isObject(current)) {
    const replaces = schema.patchStrategy?.includes('replace')
    setField(result, field, replaces ? withoutNulls(value) : mergeMap(current, value, schema))
  } else if (Array.isArray(value) && Array.isArray(current)) {
    const merges = schema.patchStrategy?.includes('merge')
    setField(result, field, merges ? mergeList(current, value, schema, undefined) : withoutNulls(value))
  } else {
    // A directive has nothing to act on where there was nothing, or something else.
    const kept = withoutDirectives(withoutNulls(value))
    if (kept === undefined) delete result[field]
    else setField(result, field, kept)
  }
}

/** Merges the lists whose order is given, also those that the patch does not change otherwise; gives their fields. */
function mergeOrdered(result: JsonObject, patch: JsonObject, schema: SchemaNode | undefined): Set<string> {
  const fields = new Set<string>()
  for (const [directive, order] of Object.entries(patch)) {
    if (!directive.startsWith(ELEMENT_ORDER)) continue
    const field = directive.slice(ELEMENT_ORDER.length)
    const node = fieldNode(schema, field)
    const current = listOf(result, field)
    const change = listOf(patch, field)
    if (!Array.isArray(order)) malformed('invalid patch format of setElementOrder list')
    checkOrder(change ?? [], order, node.patchMergeKey)
    fields.add(field)
    if (current && (change === undefined || node.patchStrategy?.includes('merge'))) {
      setField(result, field, mergeList(current, change ?? [], node, order))
    } else if (change) {
      const kept = withoutDirectives(withoutNulls(change)) as unknown[]
      setField(result, field, inOrder(kept, { patch: order, server: current ?? [], key: node.patchMergeKey }))
    }
  }
  return fields
}

function listOf(object: JsonObject, field: string): unknown[] | undefined {
  const value = Object.hasOwn(object, field) ? object[field] : undefined
  if (value !== undefined && !Array.isArray(value)) fail(`expected a []interface {}, but received a ${goText(value)}`)
  return value
}

/** What a patch sets has to be in the order that it gives, in that order. */
function checkOrder(patch: unknown[], order: unknown[], key: string | undefined): void {
  if (order.length === 0) return
  const keyOf = (item: unknown): unknown => (key !== undefined && isObject(item) ? item[key] : item)
  let at = 0
  for (const item of patch) {
    if (isObject(item) && DIRECTIVE in item) continue
    while (at < order.length && !equalJson(keyOf(order[at]), keyOf(item))) at++
    if (at++ >= order.length) {
      fail(`The order in patch list:\n${goText(patch)}\n doesn't match $setElementOrder list:\n${goText(order)}\n`)
    }
  }
}

function mergeList(current: unknown[], patch: unknown[], schema: SchemaNode, order: unknown[] | undefined): unknown[] {
  const { patchMergeKey: key } = schema
  if (key === undefined) {
    if ([...current, ...patch].some(isObject)) fail('cannot merge lists without merge key')
    return inOrder([...new Set([...current, ...patch])], { patch: order ?? patch, server: current, key })
  }
  const { kept, changes } = withoutItems(current, patch, key)
  const merged = [...kept]
  const places = new Map<unknown, number>()
  const note = (item: unknown, index: number): void => {
    if (isObject(item) && !places.has(identityOf(item[key]))) places.set(identityOf(item[key]), index)
  }
  for (const [index, item] of kept.entries()) note(item, index)
  for (const item of changes) {
    const index = places.get(identityOf(item[key]))
    if (index === undefined) note(item, merged.push(item) - 1)
    else merged[index] = mergeMap(merged[index] as JsonObject, item, schema.items)
  }
  // In Go, what is added comes to stand where deleted items were, and has a place among the server's then.
  return inOrder(merged, { patch: order ?? changes, server: order ? merged.slice(0, current.length) : kept, key })
}

/** The items that the directives in a list leave, and those of the patch that are no directives. */
function withoutItems(current: unknown[], patch: unknown[], key: string): { kept: unknown[]; changes: JsonObject[] } {
  const deleted = new Set<unknown>()
  let replaces = false
  const changes: JsonObject[] = []
  for (const item of patch) {
    if (!isObject(item)) fail(`expected a map[string]interface {}, but received a ${goText(item)}`)
    const directive = item[DIRECTIVE]
    if (directive === undefined || directive === 'delete') checkKey(item, key)
    if (directive === undefined) changes.push(item)
    else if (directive === 'delete') deleted.add(identityOf(item[key]))
    else if (directive === 'replace') replaces = true
    else if (directive === 'merge') fail('merging lists cannot yet be specified in the patch')
    else fail(`unknown patch type: ${goText(directive)} in map: ${goText(item)}`)
  }
  const isKept = (item: unknown): boolean => !isObject(item) || !deleted.has(identityOf(item[key]))
  return { kept: replaces ? [] : current.filter(isKept), changes }
}

function checkKey(item: JsonObject, key: string): void {
  if (item[key] === undefined) fail(`map: ${goText(item)} does not contain declared merge key: ${key}`)
}

function retainKeys(target: JsonObject, patch: JsonObject): JsonObject {
  const keep = patch[RETAIN_KEYS]
  if (keep === undefined) return target
  const kept = new Set<unknown>(Array.isArray(keep) ? keep : [])
  const isKept = (field: string): boolean => kept.has(field)
  const strays = Object.entries(patch).some(
    ([field, value]) => value !== null && !field.startsWith('$') && !isKept(field),
  )
  if (!Array.isArray(keep) || strays) malformed('invalid patch format of retainKeys')
  return Object.fromEntries(Object.entries(target).filter(([field]) => isKept(field)))
}

function deletePrimitives(result: JsonObject, field: string, values: unknown): void {
  const current = Object.hasOwn(result, field) ? result[field] : undefined
  if (values === null) delete result[field]
  if (!Array.isArray(current) || !Array.isArray(values)) return
  const deleted = new Set(values.map(identityOf))
  setField(
    result,
    field,
    current.filter((item) => !deleted.has(identityOf(item))),
  )
}

/** What is new may hold directives, whose maps are no data; undefined when it is such a map itself. */
function withoutDirectives(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutDirectives).filter((item) => item !== undefined)
  if (!isObject(value)) return value
  if (DIRECTIVE in value) return undefined
  const result: JsonObject = {}
  for (const [field, child] of Object.entries(value)) {
    const kept = withoutDirectives(child)
    if (kept !== undefined) setField(result, field, kept)
  }
  return result
}

function malformed(message: string): never {
  throw new UserError('PATCH_MALFORMED', message)
}

function fail(message: string): never {
  throw new UserError('PATCH_INVALID', message)
}
