import { compareStrings } from '../encoding.ts'
import { isTable, type Values } from '../values/value.ts'
import { quoted, shown } from './failure.ts'
import { formats } from './formats.ts'

/** The keywords that end the check of a schema at once: type, const, enum, format. */
export function scalarMismatch(schema: Values, value: unknown, assertsFormats: boolean): string | undefined {
  const types = schema.type === undefined ? [] : [schema.type].flat().map(String)
  if (types.length > 0 && !types.some((type) => hasType(value, type))) {
    return `got ${typeName(value)}, want ${sortTypes(types).join(' or ')}`
  }
  if (schema.const !== undefined && !equal(value, schema.const)) {
    return typeof schema.const === 'object' && schema.const !== null
      ? `'const' failed`
      : `value must be ${shown(schema.const)}`
  }
  if (Array.isArray(schema.enum) && !schema.enum.some((item) => equal(value, item))) return enumMessage(schema.enum)
  if (typeof schema.format === 'string' && assertsFormats && typeof value === 'string') {
    const problem = formats[schema.format]?.(value)
    if (problem !== undefined) return `${quoted(value)} is not valid ${schema.format}: ${problem}`
  }
  return undefined
}

function enumMessage(items: readonly unknown[]): string {
  if (items.some((item) => typeof item === 'object' && item !== null)) return "'enum' failed"
  const names = items.map(shown)
  return names.length === 1 ? `value must be ${names[0]}` : `value must be one of ${names.join(', ')}`
}

const typeOrder = ['null', 'boolean', 'number', 'integer', 'string', 'array', 'object']

function sortTypes(types: readonly string[]): string[] {
  return types.toSorted((a, b) => typeOrder.indexOf(a) - typeOrder.indexOf(b))
}

function typeName(value: unknown): string {
  if (value === null || value === undefined) return 'null'
  if (Array.isArray(value)) return 'array'
  return (
    { string: 'string', boolean: 'boolean', number: 'number', bigint: 'number' }[typeof value as string] ?? 'object'
  )
}

function hasType(value: unknown, type: string): boolean {
  if (type === 'integer') return typeof value === 'bigint' || (typeof value === 'number' && Number.isInteger(value))
  return typeName(value) === type
}

/** Whether two JSON values are the same; 1 and 1.0 are. */
export function equal(a: unknown, b: unknown): boolean {
  if (typeName(a) !== typeName(b)) return false
  if (typeName(a) === 'number') return Number(a) === Number(b)
  if (Array.isArray(a) && Array.isArray(b)) return a.length === b.length && a.every((item, i) => equal(item, b[i]))
  if (!isTable(a) || !isTable(b)) return (a ?? null) === (b ?? null)
  const keys = Object.keys(a)
  return keys.length === Object.keys(b).length && keys.every((key) => Object.hasOwn(b, key) && equal(a[key], b[key]))
}

/** A JSON value as encoding/json writes it: keys in order. */
export function shownJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(shownJson).join(',')}]`
  if (!isTable(value)) return JSON.stringify(typeof value === 'bigint' ? Number(value) : value)
  const entries = Object.keys(value)
    .sort(compareStrings)
    .map((key) => `${JSON.stringify(key)}:${shownJson(value[key])}`)
  return `{${entries.join(',')}}`
}
