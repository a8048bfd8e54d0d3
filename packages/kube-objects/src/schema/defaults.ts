import { isObject, type JsonObject, setField } from '../json.ts'
import { fieldNode, type SchemaNode } from './node.ts'

/** A value with the schema's defaults filled in, also inside them; null counts as absent where the schema does not allow null. The argument is not changed. */
export function applyDefaults<T>(value: T, schema: SchemaNode): T {
  if (Array.isArray(value)) {
    const { items } = schema
    return (items ? value.map((item: unknown) => applyDefaults(item, items)) : value) as T
  }
  if (!isObject(value)) return value
  const result: JsonObject = {}
  for (const [field, child] of Object.entries(value)) {
    const node = fieldNode(schema, field)
    if (child === null && node.default !== undefined && !node.nullable) continue
    setField(result, field, applyDefaults(child, node))
  }
  for (const [field, node] of Object.entries(schema.properties ?? {})) {
    if (!Object.hasOwn(result, field) && node.default !== undefined) {
      setField(result, field, applyDefaults(structuredClone(node.default), node))
    }
  }
  return result as T
}
