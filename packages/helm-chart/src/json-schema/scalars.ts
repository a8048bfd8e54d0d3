import { sortedKeys, spend } from '@slipway/go-template'
import { compileExpression, isFound } from '../regular-expression.ts'
import { isTable, type Values } from '../values/value.ts'
import { grouped, groupedFloat, quoted, shown } from './failure.ts'
import { formats } from './formats.ts'
import { isMultipleOf } from './number.ts'
import type { SchemaCheck } from './validate.ts'

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
    spend(value.length)
    const problem = formats.get(schema.format)?.(value)
    if (problem !== undefined) return `${quoted(value)} is not valid ${schema.format}: ${problem}`
  }
  return undefined
}

function enumMessage(items: readonly unknown[]): string {
  if (items.some((item) => typeof item === 'object' && item !== null)) return "'enum' failed"
  const names = items.map(shown)
  return names.length === 1 ? `value must be ${names[0]}` : `value must be one of ${names.join(', ')}`
}

interface Limit {
  readonly keyword: string
  readonly got: number
  readonly isBroken: (got: number, want: number) => boolean
}

/** A keyword that bounds a count. */
export function limit(check: SchemaCheck, keywords: Values, { keyword, got, isBroken }: Limit): void {
  const want = keywords[keyword]
  if (typeof want === 'number' && isBroken(got, want)) {
    check.fail(`${keyword}: got ${grouped(got)}, want ${grouped(want)}`)
  }
}

export function isLess(got: number | bigint, want: number): boolean {
  return got < want
}

export function isMore(got: number | bigint, want: number): boolean {
  return got > want
}

/** The keywords for strings. */
export function checkText(check: SchemaCheck, keywords: Values, value: string): void {
  const { minLength, maxLength, pattern } = keywords
  spend(value.length)
  if (minLength !== undefined || maxLength !== undefined) {
    const { length } = Array.from(value)
    limit(check, keywords, { keyword: 'minLength', got: length, isBroken: isLess })
    limit(check, keywords, { keyword: 'maxLength', got: length, isBroken: isMore })
  }
  if (typeof pattern === 'string' && !isFound(compileExpression(pattern), value)) {
    check.fail(`${quoted(value)} does not match pattern ${quoted(pattern)}`)
  }
}

/** The keywords for numbers. */
export function checkNumber(check: SchemaCheck, keywords: Values, got: number | bigint): void {
  const bound = (keyword: string, name: string, isBroken: (got: number | bigint, want: number) => boolean) => {
    const want = keywords[keyword]
    if (typeof want === 'number' && isBroken(got, want)) {
      check.fail(`${name}: got ${groupedFloat(Number(got))}, want ${groupedFloat(want)}`)
    }
  }
  const isNotAbove = (value: number | bigint, want: number) => value <= want
  const isNotBelow = (value: number | bigint, want: number) => value >= want
  const { exclusiveMinimum, exclusiveMaximum } = keywords
  // Draft 4 has a bool that makes the other bound an exclusive one.
  if (exclusiveMinimum === true) bound('minimum', 'exclusiveMinimum', isNotAbove)
  else bound('minimum', 'minimum', isLess)
  if (exclusiveMaximum === true) bound('maximum', 'exclusiveMaximum', isNotBelow)
  else bound('maximum', 'maximum', isMore)
  bound('exclusiveMinimum', 'exclusiveMinimum', isNotAbove)
  bound('exclusiveMaximum', 'exclusiveMaximum', isNotBelow)
  bound('multipleOf', 'multipleOf', (value, step) => !isMultipleOf(value, step))
}

const typeOrder = ['null', 'boolean', 'number', 'integer', 'string', 'array', 'object']

function sortTypes(types: readonly string[]): string[] {
  return types.toSorted((a, b) => typeOrder.indexOf(a) - typeOrder.indexOf(b))
}

function typeName(value: unknown): string {
  if (value === null || value === undefined) return 'null'
  if (Array.isArray(value)) return 'array'
  const type = typeof value
  if (type === 'bigint') return 'number'
  return type === 'string' || type === 'boolean' || type === 'number' ? type : 'object'
}

function hasType(value: unknown, type: string): boolean {
  if (type === 'integer') return typeof value === 'bigint' || (typeof value === 'number' && Number.isInteger(value))
  return typeName(value) === type
}

/** What it is worth to compare two values; texts are compared much faster than they are made. */
const bytesPerComparison = 8
const charactersPerByte = 16

/** Whether two JSON values are the same; 1 and 1.0 are. */
export function equal(a: unknown, b: unknown): boolean {
  spend(bytesPerComparison + (typeof a === 'string' ? a.length / charactersPerByte : 0))
  if (typeName(a) !== typeName(b)) return false
  if (typeName(a) === 'number') return Number(a) === Number(b)
  if (Array.isArray(a) && Array.isArray(b)) return a.length === b.length && a.every((item, i) => equal(item, b[i]))
  if (!isTable(a) || !isTable(b)) return (a ?? null) === (b ?? null)
  const keys = Object.keys(a)
  return keys.length === Object.keys(b).length && keys.every((key) => Object.hasOwn(b, key) && equal(a[key], b[key]))
}

/** A JSON value as encoding/json writes it: keys in order. */
export function shownJson(value: unknown): string {
  spend(typeof value === 'string' ? value.length : bytesPerComparison)
  if (Array.isArray(value)) return `[${value.map(shownJson).join(',')}]`
  if (!isTable(value)) return JSON.stringify(typeof value === 'bigint' ? Number(value) : value)
  const entries = sortedKeys(value).map((key) => `${JSON.stringify(key)}:${shownJson(value[key])}`)
  return `{${entries.join(',')}}`
}
