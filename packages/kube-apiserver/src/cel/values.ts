import { fieldNode, isObject, type SchemaNode } from '@slipway/kube-objects'

/**
 * A JSON value as expressions see it: whole numbers are ints (BigInt), unless the schema says `number`. Without a schema
 * this is how Kubernetes reads unstructured JSON.
 */
export function celValue(value: unknown, schema?: SchemaNode): unknown {
  if (typeof value === 'number') {
    return Number.isInteger(value) && schema?.type !== 'number' ? BigInt(value) : value
  }
  if (Array.isArray(value)) return value.map((item) => celValue(item, schema?.items))
  if (!isObject(value)) return value ?? null
  return Object.fromEntries(
    Object.entries(value).map(([field, child]) => [field, celValue(child, schema && fieldNode(schema, field))]),
  )
}
