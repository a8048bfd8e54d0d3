import { isObject, type JsonObject } from '../json.ts'
import { ANY, fieldNode, type SchemaNode } from '../schema/node.ts'

/** How a value merges: as one (scalar, atomic), by field, or by list item. */
export type Relation = 'leaf' | 'map' | 'list'

/** How a value of this schema merges. Without a schema maps merge by field and lists are atomic (structured-merge-diff's deduced type). */
export function relationOf(value: unknown, schema: SchemaNode): Relation {
  // null takes the form that the schema expects.
  const type = value === null ? schema.type : Array.isArray(value) ? 'array' : isObject(value) ? 'object' : 'string'
  if (type === 'object' || type === 'any') return schema.mapType === 'atomic' ? 'leaf' : 'map'
  if (type === 'array') return schema.listType === 'map' || schema.listType === 'set' ? 'list' : 'leaf'
  return 'leaf'
}

/** The path element of a list item: its keys (absent ones at their default) or, in a set, its value. */
export function itemElement(item: unknown, schema: SchemaNode): string {
  if (schema.listType !== 'map' || !isObject(item)) return `v:${sortedJson(item)}`
  const key: JsonObject = {}
  for (const name of (schema.listMapKeys ?? []).toSorted()) {
    const node = schema.items?.properties?.[name]
    const value = item[name] ?? node?.default ?? node?.zero
    // A key that is absent and has no default is no part of the element.
    if (value !== undefined) key[name] = value
  }
  return `k:${JSON.stringify(key)}`
}

export interface Child {
  element: string
  value: unknown
  schema: SchemaNode
}

/** The children of a map or list with their path elements and schemas. */
export function childrenOf(value: unknown, schema: SchemaNode): Child[] {
  if (Array.isArray(value)) {
    return value.map((item) => ({ element: itemElement(item, schema), value: item, schema: schema.items ?? ANY }))
  }
  if (!isObject(value)) return []
  return Object.entries(value).map(([field, child]) => ({
    element: `f:${field}`,
    value: child,
    schema: fieldNode(schema, field),
  }))
}

function sortedJson(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) =>
    isObject(part) ? Object.fromEntries(Object.entries(part).toSorted(([a], [b]) => (a < b ? -1 : 1))) : part,
  )
}
