import { sortedKeys, spend } from '@slipway/go-template'
import { compileExpression, isFound } from '../regular-expression.ts'
import { isTable, type Values } from '../values/value.ts'
import { quoted, unfolded } from './failure.ts'
import { isLess, isMore, limit } from './scalars.ts'
import type { SchemaCheck } from './validate.ts'

/** What the work on a key is worth. */
const bytesPerKey = 64

/** The keywords for objects. */
export function checkObject(check: SchemaCheck, keywords: Values, value: Values): void {
  const keys = sortedKeys(value)
  spend(keys.length * bytesPerKey)
  limit(check, keywords, { keyword: 'minProperties', got: keys.length, isBroken: isLess })
  limit(check, keywords, { keyword: 'maxProperties', got: keys.length, isBroken: isMore })
  requireKeys(check, value, keywords.required)
  for (const [key, dependency] of sortedEntries(keywords.dependencies)) {
    if (!Object.hasOwn(value, key)) continue
    if (Array.isArray(dependency)) requireTogether(check, key, missingKeys(value, dependency))
    else check.add(check.same(dependency))
  }
  checkProperties(check, keywords, value, keys)
  if (keywords.propertyNames !== undefined) for (const key of keys) checkName(check, keywords.propertyNames, key)
  for (const [key, schema] of sortedEntries(keywords.dependentSchemas)) {
    if (Object.hasOwn(value, key)) check.add(check.same(schema))
  }
  for (const [key, needed] of sortedEntries(keywords.dependentRequired)) {
    if (Object.hasOwn(value, key)) requireTogether(check, key, missingKeys(value, needed))
  }
}

function requireKeys(check: SchemaCheck, value: Values, required: unknown): void {
  const [first, ...more] = missingKeys(value, required).map(quoted)
  if (first === undefined) return
  if (more.length === 0) check.fail(`missing property ${first}`)
  else check.fail(`missing properties ${[first, ...more].join(', ')}`)
}

function requireTogether(check: SchemaCheck, key: string, missing: readonly string[]): void {
  if (missing.length > 0) check.fail(`properties ${missing.map(quoted).join(', ')} required, if ${quoted(key)} exists`)
}

function checkProperties(check: SchemaCheck, keywords: Values, value: Values, keys: readonly string[]): void {
  const { properties, additionalProperties } = keywords
  const named = isTable(properties) ? properties : {}
  const patterns = sortedEntries(keywords.patternProperties)
  const unwanted: string[] = []
  for (const key of keys) {
    let isKnown = Object.hasOwn(named, key)
    if (isKnown) check.add(check.child(named[key], key, value[key]))
    for (const [pattern, schema] of patterns) {
      if (!isFound(compileExpression(pattern), key)) continue
      isKnown = true
      check.add(check.child(schema, key, value[key]))
    }
    if (!isKnown && additionalProperties === undefined) continue
    check.markEvaluated(key)
    if (isKnown) continue
    if (additionalProperties === false) unwanted.push(key)
    else check.add(check.child(additionalProperties, key, value[key]))
  }
  if (unwanted.length > 0) check.fail(`additional properties ${unwanted.map(quoted).join(', ')} not allowed`)
}

function checkName(check: SchemaCheck, schema: unknown, name: string): void {
  const failure = check.apart(schema, name)
  if (failure) check.add({ path: [], message: `invalid propertyName ${quoted(name)}`, causes: unfolded(failure) })
}

const noEntries: readonly never[] = []

function sortedEntries(value: unknown): readonly (readonly [string, unknown])[] {
  if (!isTable(value)) return noEntries
  const keys = sortedKeys(value)
  spend(keys.length * bytesPerKey)
  return keys.map((key) => [key, value[key]] as const)
}

function missingKeys(value: Values, keys: unknown): string[] {
  if (!Array.isArray(keys)) return []
  spend(keys.length * bytesPerKey)
  return keys.map(String).filter((key) => !Object.hasOwn(value, key))
}
