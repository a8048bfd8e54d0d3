import { UserError } from '@slipway/errors'
import { equalJson, isObject, type JsonObject, setField } from '../json.ts'
import { fieldNode, type SchemaNode } from '../schema/node.ts'

/** What a three-way patch is made of. */
export interface ThreeWay {
  /** What was applied the last time. */
  original: unknown
  /** What is to be applied now. */
  modified: unknown
  /** What the server has. */
  current: unknown
}

/**
 * The patch of an apply from the client's side: it brings `current` to what `modified` says, takes away what only `original` said, and
 * leaves alone what neither says (apimachinery/pkg/util/strategicpatch, CreateThreeWayMergePatch). With a schema it is a strategic merge
 * patch, without one a JSON merge patch. An empty object when there is nothing to do. Throws UserError PATCH_INVALID.
 */
export function threeWayPatch({ original, modified, current }: ThreeWay, schema?: SchemaNode): JsonObject {
  return mapPatch({ original: mapOf(original), modified: mapOf(modified), current: mapOf(current) }, schema)
}

/** The same of three maps, or of three lists. */
interface Three<T> {
  original: T
  modified: T
  current: T
}

const mapOf = (value: unknown): JsonObject => (isObject(value) ? value : {})
const listOf = (value: unknown): unknown[] => (Array.isArray(value) ? value : [])
const fieldOf = (map: JsonObject, field: string): unknown => (Object.hasOwn(map, field) ? map[field] : undefined)

function mapPatch({ original, modified, current }: Three<JsonObject>, schema: SchemaNode | undefined): JsonObject {
  const patch: JsonObject = {}
  for (const [field, value] of Object.entries(modified)) {
    const fields = { original: fieldOf(original, field), modified: value, current: fieldOf(current, field) }
    addField(patch, field, fields, fieldNode(schema, field))
  }
  for (const field of Object.keys(original)) {
    if (!Object.hasOwn(modified, field)) setField(patch, field, null)
  }
  return patch
}

function addField(patch: JsonObject, field: string, three: ThreeWay, node: SchemaNode): void {
  const { original, modified, current } = three
  if (Array.isArray(modified) && Array.isArray(current) && node.patchStrategy?.includes('merge')) {
    const lists = { original: listOf(original), modified, current }
    Object.assign(patch, node.patchMergeKey ? itemsPatch(field, lists, node) : valuesPatch(field, lists))
  } else if (isObject(modified) && isObject(current) && !node.patchStrategy?.includes('replace')) {
    const maps = { original: mapOf(original), modified, current }
    const inside = retaining(mapPatch(maps, node), maps, node)
    if (Object.keys(inside).length > 0) setField(patch, field, inside)
  } else if (current === undefined || !equalJson(modified, current)) setField(patch, field, modified)
}

/** Where fields exclude each other, those that stay are named, so that the others go (`retainKeys`). */
function retaining(patch: JsonObject, { modified, current }: Three<JsonObject>, node: SchemaNode): JsonObject {
  if (!node.patchStrategy?.includes('retainKeys')) return patch
  const isFull = Object.keys(current).every((field) => Object.hasOwn(modified, field))
  const keys = Object.keys(modified).filter((field) => modified[field] !== null)
  if (keys.length === 0 || (isFull && Object.keys(patch).length === 0)) return patch
  return { ...patch, $retainKeys: keys.sort() }
}

/** The patch of a list whose items are known by a key. */
function itemsPatch(field: string, { original, modified, current }: Three<unknown[]>, node: SchemaNode): JsonObject {
  const key = node.patchMergeKey ?? ''
  const before = keyed(original, key)
  const live = keyed(current, key)
  const wanted = keyed(modified, key)
  const items: JsonObject[] = []
  for (const [id, item] of wanted) {
    const maps = { original: before.get(id) ?? {}, modified: item, current: live.get(id) ?? {} }
    const inside = live.has(id) ? retaining(mapPatch(maps, node.items), maps, node) : item
    if (Object.keys(inside).length > 0) items.push({ ...inside, [key]: item[key] })
  }
  for (const [id, item] of before) if (!wanted.has(id)) items.push({ $patch: 'delete', [key]: item[key] })
  if (items.length === 0 && equalJson([...live.keys()], [...wanted.keys()])) return {}
  const order = [...wanted.values()].map((item) => ({ [key]: item[key] }))
  return { ...listField(field, items), ...(current.length > 0 && listField(`$setElementOrder/${field}`, order)) }
}

const listField = (name: string, list: unknown[]): JsonObject => (list.length > 0 ? { [name]: list } : {})

/** Items by their key; one whose key is there already (a port for TCP and UDP) goes with the one in its place. */
function keyed(list: unknown[], key: string): Map<string, JsonObject> {
  const items = new Map<string, JsonObject>()
  const counts = new Map<string, number>()
  for (const item of list) {
    if (!isObject(item)) throw new UserError('PATCH_INVALID', `expected a map in a list that merges by "${key}"`)
    const value = item[key]
    if (value === undefined) {
      throw new UserError('PATCH_INVALID', `map: ${JSON.stringify(item)} does not contain declared merge key: ${key}`)
    }
    const place = counts.get(String(value)) ?? 0
    counts.set(String(value), place + 1)
    items.set(`${String(value)} ${place}`, item)
  }
  return items
}

/** The patch of a list that is a set of plain values. */
function valuesPatch(field: string, { original, modified, current }: Three<unknown[]>): JsonObject {
  const without = (list: unknown[], other: unknown[]): unknown[] => {
    const others = new Set(other)
    return [...new Set(list)].filter((value) => !others.has(value))
  }
  const added = without(modified, current)
  const gone = without(original, modified)
  // As kubectl, which has sorted what the server has by then.
  if (gone.length === 0 && equalJson(modified, current.toSorted())) return {}
  return {
    ...listField(field, added),
    ...listField(`$deleteFromPrimitiveList/${field}`, gone),
    ...(current.length > 0 && listField(`$setElementOrder/${field}`, modified)),
  }
}
