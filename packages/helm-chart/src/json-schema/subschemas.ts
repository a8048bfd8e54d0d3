import { compareStrings } from '../encoding.ts'
import { isTable, type Values } from '../values/value.ts'
import type { Schema } from './document.ts'

/** A schema inside another one, with the keys that lead to it. */
export interface Subschema {
  readonly keys: readonly string[]
  readonly schema: Schema
}

const single = [
  'not',
  'additionalProperties',
  'additionalItems',
  'items',
  'propertyNames',
  'contains',
  'if',
  'then',
  'else',
  'unevaluatedProperties',
  'unevaluatedItems',
  'contentSchema',
]
const lists = ['allOf', 'anyOf', 'oneOf', 'items', 'prefixItems']
const maps = ['properties', 'patternProperties', 'dependencies', 'dependentSchemas', 'definitions', '$defs']

/** Every schema directly inside a schema, those in `definitions` and `$defs` last. */
export function subschemasOf(schema: Values): Subschema[] {
  const found: Subschema[] = []
  const add = (inner: unknown, ...keys: string[]) => {
    if (typeof inner === 'boolean' || isTable(inner)) found.push({ keys, schema: inner })
  }
  for (const keyword of single) if (Object.hasOwn(schema, keyword)) add(schema[keyword], keyword)
  for (const keyword of lists) {
    const list = Object.hasOwn(schema, keyword) ? schema[keyword] : undefined
    if (Array.isArray(list)) for (const [index, inner] of list.entries()) add(inner, keyword, String(index))
  }
  for (const keyword of maps) {
    const map = Object.hasOwn(schema, keyword) ? schema[keyword] : undefined
    if (isTable(map)) for (const key of Object.keys(map).sort(compareStrings)) add(map[key], keyword, key)
  }
  return found
}
