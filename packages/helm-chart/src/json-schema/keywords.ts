import { sortedKeys } from '@slipway/go-template'
import { isTable, type Values } from '../values/value.ts'
import type { Dialect } from './dialect.ts'

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

/** Whether a keyword means anything beside the others. */
function hasPartner(keyword: string, schema: Values): boolean {
  const has = (partner: string) => Object.hasOwn(schema, partner)
  switch (keyword) {
    case 'then':
      return has('if') && schema.if !== false
    case 'else':
      return has('if') && schema.if !== true
    case 'minContains':
    case 'maxContains':
      return has('contains')
    case 'additionalItems':
      return Array.isArray(schema.items)
    default:
      return true
  }
}

function isKnown(keyword: string, draft: Draft): boolean {
  return (since.get(keyword) ?? 4) <= draft
}

/** The keywords of a schema that count in its dialect; those of later drafts are only comments. */
export function keywordsOf(schema: Values, { draft, vocabularies }: Dialect): Values {
  // Before 2019-09, what stands beside a $ref is ignored; the library forgets that for what draft 4 did not have.
  const isReference = draft < 2019 && typeof schema.$ref === 'string'
  const counts = (keyword: string) => {
    if (isReference && keyword !== '$ref' && !since.has(keyword)) return false
    if (vocabularies && !vocabularies.includes(vocabularyOf(keyword, draft))) return false
    // Where its schema stands is one where schemas stand in 2020-12 too.
    if (keyword === 'additionalItems' && draft >= 2020) return false
    return isKnown(keyword, draft) && hasPartner(keyword, schema)
  }
  return Object.fromEntries(Object.entries(schema).filter(([keyword]) => counts(keyword)))
}

/** The vocabulary that a keyword is in; all are in `core` of which none other says something. */
function vocabularyOf(keyword: string, draft: Draft): string {
  if (keyword.startsWith('unevaluated')) return draft === 2019 ? 'applicator' : 'unevaluated'
  if (applicators.some(([name]) => name === keyword)) return 'applicator'
  return keyword.startsWith('$') || keyword === 'format' ? 'core' : 'validation'
}

/** A schema inside another one, with the keys that lead to it. */
export interface Subschema {
  readonly keys: readonly string[]
  readonly schema: Schema
}

type Shape = 'single' | 'list' | 'map'

/** Keywords with schemas in them, in the order in which the library goes through them. */
const applicators: readonly (readonly [keyword: string, ...shapes: Shape[]])[] = [
  ['allOf', 'list'],
  ['anyOf', 'list'],
  ['oneOf', 'list'],
  ['not', 'single'],
  ['items', 'single', 'list'],
  ['additionalItems', 'single'],
  ['properties', 'map'],
  ['patternProperties', 'map'],
  ['additionalProperties', 'single'],
  ['dependencies', 'map'],
  ['contains', 'single'],
  ['propertyNames', 'single'],
  ['if', 'single'],
  ['then', 'single'],
  ['else', 'single'],
  ['dependentSchemas', 'map'],
  ['unevaluatedItems', 'single'],
  ['unevaluatedProperties', 'single'],
  ['prefixItems', 'list'],
]

/** Those in which schemas only stand to be referred to. */
const stores: typeof applicators = [
  ['contentSchema', 'single'],
  ['definitions', 'map'],
  ['$defs', 'map'],
]

/** Every schema directly inside a schema. */
export function subschemasOf(schema: Values, draft: Draft): Subschema[] {
  return [...appliedIn(schema, draft), ...subschemasAt(schema, draft, stores)]
}

/** The schemas directly inside a schema that values are checked by. */
export function appliedIn(schema: Values, draft: Draft): Subschema[] {
  return subschemasAt(schema, draft, applicators)
}

function subschemasAt(schema: Values, draft: Draft, table: typeof applicators): Subschema[] {
  const found: Subschema[] = []
  const add = (inner: unknown, ...keys: string[]) => {
    if (typeof inner === 'boolean' || isTable(inner)) found.push({ keys, schema: inner })
  }
  for (const [keyword, ...shapes] of table) {
    if (!isKnown(keyword, draft) || !Object.hasOwn(schema, keyword)) continue
    const value = schema[keyword]
    if (shapes.includes('single')) add(value, keyword)
    if (shapes.includes('list') && Array.isArray(value)) {
      for (const [index, inner] of value.entries()) add(inner, keyword, String(index))
    }
    if (shapes.includes('map') && isTable(value)) for (const key of sortedKeys(value)) add(value[key], keyword, key)
  }
  return found
}
