import { isObject, type JsonObject, setField } from '../json.ts'
import { fieldNode, type SchemaNode } from './node.ts'

/** Fills in what code and no schema says about structs of a Go type, by `core/v1.Pod`. Called before what is inside is filled. */
export type TypeDefaults = Readonly<Record<string, (struct: JsonObject) => void>>

const NONE: TypeDefaults = {}

/**
 * Fills in, in place and also inside: what `byType` and the schema say of absent fields, and the zeros that Go writes. Null
 * counts as absent where there is a default and the schema does not allow null.
 */
export function fillDefaults(value: unknown, schema: SchemaNode, byType = NONE): void {
  if (Array.isArray(value)) {
    const { items } = schema
    if (!items) return
    if (items.default !== undefined) fillNulls(value, items)
    if (typeof value[0] === 'object') for (const item of value) fillDefaults(item, items, byType)
    return
  }
  if (!isObject(value)) return
  const rule = schema.typeName === undefined ? undefined : byType[schema.typeName]
  if (rule) {
    // In Go a struct inside is there from the start.
    for (const field in schema.properties) {
      if (schema.properties[field]?.zeroStruct && value[field] === undefined) setField(value, field, {})
    }
    rule(value)
  }
  for (const field in schema.properties) fillField(value, field, schema.properties[field] as SchemaNode)
  if (schema.additional?.default !== undefined) fillKeys(value, schema, schema.additional)
  for (const field in value) {
    const child = value[field]
    if (typeof child === 'object' && child !== null) fillDefaults(child, fieldNode(schema, field), byType)
  }
}

/** In a list or a map there is no field that could be absent, but null is as good as that. */
function fillNulls(list: unknown[], { default: known, nullable }: SchemaNode): void {
  for (const [index, item] of list.entries()) {
    if (item === null && !nullable) list[index] = structuredClone(known)
  }
}

function fillKeys(map: JsonObject, { properties = {} }: SchemaNode, { default: known, nullable }: SchemaNode): void {
  for (const key in map) {
    if (map[key] === null && !nullable && !Object.hasOwn(properties, key)) setField(map, key, structuredClone(known))
  }
}

function fillField(object: JsonObject, field: string, node: SchemaNode): void {
  const value = Object.hasOwn(object, field) ? object[field] : undefined
  if (value !== undefined && (value !== null || node.nullable)) return
  if (node.default !== undefined) setField(object, field, structuredClone(node.default))
  else if (value === null) return
  else if (node.zeroStruct) setField(object, field, {})
  else if (node.zero !== undefined) setField(object, field, node.zero)
}

/** What Go's zero value of a struct looks like in JSON. */
export function zeroValue(schema: SchemaNode): JsonObject {
  const result: JsonObject = {}
  for (const [field, node] of Object.entries(schema.properties ?? {})) {
    if (node.zeroStruct) result[field] = zeroValue(node)
    else if (node.zero !== undefined) result[field] = node.zero
  }
  return result
}
