import { sortedKeys } from '@slipway/go-template'
import { isTable, type Values } from '../values/value.ts'

export type Draft = 4 | 6 | 7 | 2019 | 2020

/** A schema: a table of keywords, or a bool. */
export type Schema = Values | boolean

/** The draft that brought a keyword; all others are in draft 4 already. */
const since: ReadonlyMap<string, Draft> = new Map([
  ['contains', 6],
  ['propertyNames', 6],
  ['const', 6],
  ['if', 7],
  ['then', 7],
  ['else', 7],
  ['$defs', 2019],
  ['$recursiveRef', 2019],
  ['minContains', 2019],
  ['maxContains', 2019],
  ['dependentRequired', 2019],
  ['dependentSchemas', 2019],
  ['unevaluatedItems', 2019],
  ['unevaluatedProperties', 2019],
  ['contentSchema', 2019],
  ['$dynamicRef', 2020],
  ['prefixItems', 2020],
])

/** Those that mean something only beside another keyword. */
const partners: ReadonlyMap<string, string> = new Map([
  ['then', 'if'],
  ['else', 'if'],
  ['minContains', 'contains'],
  ['maxContains', 'contains'],
])

function isKnown(keyword: string, draft: Draft): boolean {
  return (since.get(keyword) ?? 4) <= draft
}

/** The keywords of a schema that count in its draft; those of later drafts are only comments. */
export function keywordsOf(schema: Values, draft: Draft): Values {
  // Before 2019-09, what stands beside a $ref is ignored; the library forgets that for what draft 4 did not have.
  const hasOnlyNew = draft < 2019 && typeof schema.$ref === 'string'
  const counts = (keyword: string) => {
    const partner = partners.get(keyword)
    if (hasOnlyNew && keyword !== '$ref' && !since.has(keyword)) return false
    if (keyword === 'additionalItems') return draft < 2020 && Array.isArray(schema.items)
    return isKnown(keyword, draft) && (partner === undefined || Object.hasOwn(schema, partner))
  }
  return Object.fromEntries(Object.entries(schema).filter(([keyword]) => counts(keyword)))
}

/** A schema inside another one, with the keys that lead to it. */
export interface Subschema {
  readonly keys: readonly string[]
  readonly schema: Schema
}

const single = [
  'not',
  'items',
  'additionalItems',
  'additionalProperties',
  'contains',
  'propertyNames',
  'if',
  'then',
  'else',
  'unevaluatedItems',
  'unevaluatedProperties',
  'contentSchema',
]
const lists = ['allOf', 'anyOf', 'oneOf', 'items', 'prefixItems']
const maps = ['properties', 'patternProperties', 'dependencies', 'dependentSchemas', 'definitions', '$defs']

/** Every schema directly inside a schema, those in `definitions` and `$defs` last. */
export function subschemasOf(schema: Values, draft: Draft): Subschema[] {
  const found: Subschema[] = []
  const add = (inner: unknown, ...keys: string[]) => {
    if (typeof inner === 'boolean' || isTable(inner)) found.push({ keys, schema: inner })
  }
  const inside = (keyword: string) =>
    isKnown(keyword, draft) && Object.hasOwn(schema, keyword) ? schema[keyword] : undefined
  for (const keyword of single) add(inside(keyword), keyword)
  for (const keyword of lists) {
    const list = inside(keyword)
    if (Array.isArray(list)) for (const [index, inner] of list.entries()) add(inner, keyword, String(index))
  }
  for (const keyword of maps) {
    const map = inside(keyword)
    if (isTable(map)) for (const key of sortedKeys(map)) add(map[key], keyword, key)
  }
  return found
}
