import { isObject, withSortedKeys } from '../json.ts'
import type { SchemaNode } from './node.ts'
import type { FieldError } from './validate.ts'

/** What is there twice in lists that are sets or maps, at any depth (schema/listtype's ValidateListSetsAndMaps). */
export function listTypeFaults(value: unknown, schema: SchemaNode): FieldError[] {
  const errors: FieldError[] = []
  visit(value, schema, '', errors)
  return errors
}

function visit(value: unknown, schema: SchemaNode, path: string, errors: FieldError[]): void {
  if (Array.isArray(value)) {
    if (schema.listType === 'set') errors.push(...repeated(value, path))
    if (schema.listType === 'map') errors.push(...mapFaults(value, schema, path))
    const { items } = schema
    if (items && typeof value[0] === 'object') {
      for (const [index, item] of value.entries()) visit(item, items, `${path}[${index}]`, errors)
    }
    return
  }
  if (!isObject(value)) return
  for (const [field, child] of Object.entries(value)) {
    if (typeof child !== 'object') continue
    const node = schema.properties?.[field]
    if (node) visit(child, node, path ? `${path}.${field}` : field, errors)
    else if (schema.additional) visit(child, schema.additional, `${path}[${field}]`, errors)
  }
}

function mapFaults(list: unknown[], { listMapKeys = [] }: SchemaNode, path: string): FieldError[] {
  const wrong = list.findIndex((item) => item !== null && !isObject(item))
  if (wrong >= 0) {
    const message = `Invalid value: ${JSON.stringify(list[wrong])}: must be an object for an array of list-type map`
    return [{ field: `${path}[${wrong}]`, reason: 'FieldValueInvalid', message }]
  }
  const keysOf = (item: unknown): unknown =>
    Object.fromEntries(
      listMapKeys.flatMap((key) => (isObject(item) && item[key] !== undefined ? [[key, item[key]]] : [])),
    )
  return repeated(list.map(keysOf), path)
}

/** Of what is there more than twice, the second is told. */
function repeated(list: unknown[], path: string): FieldError[] {
  const times = new Map<string, number>()
  return list.flatMap((item, index) => {
    const text = JSON.stringify(withSortedKeys(item))
    const time = (times.get(text) ?? 0) + 1
    times.set(text, time)
    if (time !== 2) return []
    return [{ field: `${path}[${index}]`, reason: 'FieldValueDuplicate' as const, message: `Duplicate value: ${text}` }]
  })
}
