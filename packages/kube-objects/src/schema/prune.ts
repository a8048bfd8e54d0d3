import { isObject, type JsonObject, setField } from '../json.ts'
import { ANY, CLOSED, fieldNode, type SchemaNode } from './node.ts'

/**
 * A value without the fields that its schema does not know, and without nulls that it neither allows nor has a default for;
 * and the paths of the unknown fields (`spec.containers[0].foo`)
 * in the order found.
 * The texts of field validation are {@link unknownFieldText}. The argument is not changed.
 */
export function prune<T>(value: T, schema: SchemaNode): { value: T; unknown: string[] } {
  const unknown: string[] = []
  return { value: walk(value, schema, '', unknown) as T, unknown }
}

/** What `fieldValidation=Warn` warns of, and what follows `strict decoding error: ` with Strict. */
export function unknownFieldText(path: string): string {
  return `unknown field "${path}"`
}

function walk(value: unknown, schema: SchemaNode, path: string, unknown: string[]): unknown {
  const isOpen = schema.preserveUnknown || (schema.type === 'any' && !schema.closed)
  if (Array.isArray(value)) {
    const items = schema.items ?? (isOpen ? ANY : CLOSED)
    return items === ANY ? value : value.map((item, index) => walk(item, items, `${path}[${index}]`, unknown))
  }
  if (!isObject(value)) return value
  const open = isOpen || schema.additional !== undefined
  const result: JsonObject = {}
  for (const [field, child] of Object.entries(value)) {
    const at = path ? `${path}.${field}` : field
    if (!open && !Object.hasOwn(schema.properties ?? {}, field)) unknown.push(at)
    else if (child !== null || keepsNull(fieldNode(schema, field))) {
      setField(result, field, walk(child, fieldNode(schema, field), at, unknown))
    }
  }
  return result
}

/** Of a field of which nothing is known, null may be a value like others. */
function keepsNull(node: SchemaNode): boolean {
  return node === ANY || node === CLOSED || node.nullable === true || node.default !== undefined
}
