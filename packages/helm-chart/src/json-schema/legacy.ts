import { sortedKeys, spend } from '@slipway/go-template'
import { formatFloat } from '@slipway/go-yaml'
import { readFirstJson } from '../json/read.ts'
import { compileExpression, isFound } from '../regular-expression.ts'
import { isTable, type Values } from '../values/value.ts'
import { formats } from './formats.ts'
import type { Schema } from './keywords.ts'
import { checkLegacy } from './legacy-check.ts'
import { hybrid, type LegacyDraft, LegacyPool } from './legacy-pool.ts'
import { isMultipleOf } from './number.ts'
import { equal, shownJson } from './scalars.ts'
import type { RemoteSchemas } from './source.ts'

/**
 * What is wrong with a value by a schema, with the words of xeipuuv/gojsonschema 1.2.0, which Helm 3 shows; undefined
 * when nothing is. It knows drafts 4 to 7 and takes every newer one for a mixture of them.
 */
export function legacyProblem(text: string, value: unknown, remote?: RemoteSchemas): string | undefined {
  const pool = new LegacyPool(remote)
  const main = pool.add('', readFirstJson(text).value)
  checkLegacy(pool, main)
  const place = { value, path: '(root)', draft: main.draft ?? hybrid, depth: 0 }
  const result = new LegacyValidator(pool).check(main.schema as Schema, place)
  if (result.errors.length === 0) return undefined
  return result.errors.map((line) => `- ${line}\n`).join('')
}

interface Place {
  readonly value: unknown
  readonly path: string
  readonly draft: LegacyDraft
  readonly depth: number
}

/** What one schema finds; by its score the closest of several is told. */
interface Result {
  readonly errors: string[]
  score: number
}

const maxDepth = 400
const bytesPerCheck = 100
const bytesPerKey = 64

/** Formats that this library does not know. */
const newFormats = new Set(['duration', 'period', 'semver'])

class LegacyValidator {
  private readonly pool: LegacyPool

  constructor(pool: LegacyPool) {
    this.pool = pool
  }

  check(schema: Schema, place: Place): Result {
    const result: Result = { errors: [], score: 0 }
    this.run(schema, place, result)
    return result
  }

  private run(schema: Schema, place: Place, result: Result): void {
    if (place.depth > maxDepth) throw new Error('the schema refers to itself without end')
    spend(bytesPerCheck)
    if (schema === false) fail(result, place, 'False always fails validation')
    if (typeof schema === 'boolean' || Object.keys(schema).length === 0) return
    if (typeof schema.$ref === 'string') {
      const { schema: target, draft = place.draft } = this.pool.resolve(schema)
      this.run(target as Schema, { ...place, draft, depth: place.depth + 1 }, result)
      return
    }
    const types = [schema.type ?? []].flat().map(String)
    const given = typeOf(place.value)
    if (types.length > 0 && !types.includes(given) && !(given === 'integer' && types.includes('number'))) {
      fail(
        result,
        place,
        `Invalid type. Expected: ${types.length > 1 ? `[${types.join(',')}]` : types[0]}, given: ${given}`,
      )
      return
    }
    this.combinations(schema, place, result)
    const { value } = place
    if (Array.isArray(value)) this.array(schema, place, result)
    else if (isTable(value)) this.object(schema, place, result)
    else if (typeof value === 'number' || typeof value === 'bigint') this.number(schema, place, result)
    common(schema, place, result)
    if (typeof value === 'string') text(schema, place, result)
    if (isTable(value)) this.properties(schema, place, result)
    result.score++
  }

  private at(schema: unknown, place: Place): Result {
    return this.check(schema as Schema, { ...place, depth: place.depth + 1 })
  }

  private inside(schema: unknown, place: Place, key: string): Result {
    const value = (place.value as Record<string, unknown>)[key]
    return this.check(schema as Schema, { ...place, value, path: `${place.path}.${key}`, depth: place.depth + 1 })
  }

  private combinations(schema: Values, place: Place, result: Result): void {
    const { anyOf, oneOf, allOf, not, dependencies } = schema
    if (Array.isArray(anyOf)) {
      const results = anyOf.map((option) => this.at(option, place))
      if (results.every(isBad)) {
        fail(result, place, 'Must validate at least one schema (anyOf)')
        merge(result, closest(results))
      }
    }
    if (Array.isArray(oneOf)) {
      const results = oneOf.map((option) => this.at(option, place))
      const fitting = results.filter((found) => !isBad(found)).length
      if (fitting !== 1) fail(result, place, 'Must validate one and only one schema (oneOf)')
      if (fitting === 0) merge(result, closest(results))
    }
    if (Array.isArray(allOf)) {
      const results = allOf.map((part) => this.at(part, place))
      for (const found of results) merge(result, found)
      if (results.some(isBad)) fail(result, place, 'Must validate all the schemas (allOf)')
    }
    if (not !== undefined && !isBad(this.at(not, place))) fail(result, place, 'Must not validate the schema (not)')
    if (isTable(dependencies) && isTable(place.value)) this.dependencies(dependencies, place, result)
    this.condition(schema, place, result)
    result.score++
  }

  private dependencies(dependencies: Values, place: Place, result: Result): void {
    const value = place.value as Values
    for (const key of sortedKeys(value)) {
      const dependency = Object.hasOwn(dependencies, key) ? dependencies[key] : undefined
      if (Array.isArray(dependency)) {
        for (const wanted of dependency.map(String)) {
          if (!Object.hasOwn(value, wanted)) fail(result, place, `Has a dependency on ${wanted}`)
        }
      } else if (dependency !== undefined) {
        this.run(dependency as Schema, { ...place, depth: place.depth + 1 }, result)
      }
    }
  }

  private condition(schema: Values, place: Place, result: Result): void {
    if (schema.if === undefined || place.draft < 7) return
    const isMet = !isBad(this.at(schema.if, place))
    const branch = isMet ? schema.then : schema.else
    const found = branch === undefined ? undefined : this.at(branch, place)
    if (!found || !isBad(found)) return
    fail(result, place, isMet ? 'Must validate "then" as "if" was valid' : 'Must validate "else" as "if" was not valid')
    merge(result, found)
  }

  private array(schema: Values, place: Place, result: Result): void {
    const items = place.value as readonly unknown[]
    this.items(schema, place, result)
    limit(schema.minItems, (min) => items.length < min && fail(result, place, `Array must have at least ${min} items`))
    limit(schema.maxItems, (max) => items.length > max && fail(result, place, `Array must have at most ${max} items`))
    if (schema.uniqueItems === true) {
      const places = new Map<string, number>()
      for (const [j, item] of items.entries()) {
        const text = shownJson(item ?? null)
        const i = places.get(text)
        if (i !== undefined) fail(result, place, `array items[${i},${j}] must be unique`)
        places.set(text, j)
      }
    }
    if (schema.contains !== undefined && place.draft >= 6) {
      const results = items.map((_, index) => this.inside(schema.contains, place, String(index)))
      if (results.every(isBad)) {
        fail(result, place, 'At least one of the items must match')
        merge(result, closest(results))
      }
    }
    result.score++
  }

  private items({ items: itemSchema, additionalItems }: Values, place: Place, result: Result): void {
    if (itemSchema === undefined) return
    const count = (place.value as readonly unknown[]).length
    const each = (from: number, to: number, schemaAt: (index: number) => unknown) => {
      for (let i = from; i < to; i++) merge(result, this.inside(schemaAt(i), place, String(i)))
    }
    if (!Array.isArray(itemSchema)) {
      each(0, count, () => itemSchema)
      return
    }
    each(0, Math.min(count, itemSchema.length), (index) => itemSchema[index])
    if (itemSchema.length === 0 || count <= itemSchema.length) return
    if (additionalItems === false) fail(result, place, 'No additional items allowed on array')
    else if (isTable(additionalItems)) each(itemSchema.length, count, () => additionalItems)
  }

  private object(schema: Values, place: Place, result: Result): void {
    const value = place.value as Values
    const keys = sortedKeys(value)
    spend(keys.length * bytesPerKey)
    limit(
      schema.minProperties,
      (min) => keys.length < min && fail(result, place, `Must have at least ${min} properties`),
    )
    limit(
      schema.maxProperties,
      (max) => keys.length > max && fail(result, place, `Must have at most ${max} properties`),
    )
    for (const wanted of namesIn(schema.required)) {
      if (Object.hasOwn(value, wanted)) result.score++
      else fail(result, place, `${wanted} is required`)
    }
    for (const key of keys) this.property(schema, { ...place, key }, result)
    if (schema.propertyNames !== undefined && place.draft >= 6) {
      for (const key of keys) {
        const found = this.at(schema.propertyNames, { ...place, value: key })
        if (!isBad(found)) continue
        fail(result, place, `Property name of "${key}" does not match`)
        merge(result, found)
      }
    }
    result.score++
  }

  /** One property by the patterns and, when nothing knows it, by additionalProperties. */
  private property(schema: Values, place: Place & { readonly key: string }, result: Result): void {
    const { properties, patternProperties, additionalProperties } = schema
    const { key } = place
    let isKnown = isTable(properties) && Object.hasOwn(properties, key)
    for (const pattern of keysOf(patternProperties)) {
      if (!isFound(compileExpression(pattern), key)) continue
      isKnown = true
      merge(result, this.inside((patternProperties as Values)[pattern], place, key))
      result.score++
    }
    if (isKnown) return
    if (additionalProperties === false) fail(result, place, `Additional property ${key} is not allowed`)
    else if (isTable(additionalProperties)) merge(result, this.inside(additionalProperties, place, key))
  }

  private properties({ properties }: Values, place: Place, result: Result): void {
    if (!isTable(properties)) return
    for (const key of keysOf(properties)) {
      const value = place.value as Values
      if (!Object.hasOwn(value, key)) continue
      const inner = { ...place, value: value[key], path: `${place.path}.${key}`, depth: place.depth + 1 }
      this.run(properties[key] as Schema, inner, result)
    }
  }

  private number(schema: Values, place: Place, result: Result): void {
    const value = Number(place.value)
    const say = (words: string) => fail(result, place, words)
    const { minimum, maximum, exclusiveMinimum, exclusiveMaximum } = schema
    limit(schema.multipleOf, (step) => !isMultipleOf(value, step) && say(`Must be a multiple of ${formatFloat(step)}`))
    if (exclusiveMaximum === true) limit(maximum, (max) => value >= max && say(`Must be less than ${formatFloat(max)}`))
    else limit(maximum, (max) => value > max && say(`Must be less than or equal to ${formatFloat(max)}`))
    limit(exclusiveMaximum, (max) => value >= max && say(`Must be less than ${formatFloat(max)}`))
    if (exclusiveMinimum === true)
      limit(minimum, (min) => value <= min && say(`Must be greater than ${formatFloat(min)}`))
    else limit(minimum, (min) => value < min && say(`Must be greater than or equal to ${formatFloat(min)}`))
    limit(exclusiveMinimum, (min) => value <= min && say(`Must be greater than ${formatFloat(min)}`))
    result.score++
  }
}

function text({ minLength, maxLength, pattern, format }: Values, place: Place, result: Result): void {
  const value = place.value as string
  spend(value.length)
  const { length } = Array.from(value)
  const say = (words: string) => fail(result, place, words)
  limit(minLength, (min) => length < min && say(`String length must be greater than or equal to ${min}`))
  limit(maxLength, (max) => length > max && say(`String length must be less than or equal to ${max}`))
  if (typeof pattern === 'string' && !isFound(compileExpression(pattern), value)) {
    say(`Does not match pattern '${pattern}'`)
  }
  if (typeof format === 'string' && !newFormats.has(format) && formats.get(format)?.(value) !== undefined) {
    say(`Does not match format '${format}'`)
  }
  result.score++
}

function common(schema: Values, place: Place, result: Result): void {
  const field = place.path.replace(/^\(root\)\./, '')
  if (schema.const !== undefined && !equal(place.value, schema.const)) {
    fail(result, place, `${field} does not match: ${shownJson(schema.const)}`)
  }
  if (Array.isArray(schema.enum) && !schema.enum.some((item) => equal(item, place.value))) {
    fail(result, place, `${field} must be one of the following: ${schema.enum.map(shownJson).join(', ')}`)
  }
  result.score++
}

function keysOf(table: unknown): readonly string[] {
  const keys = isTable(table) ? Object.keys(table) : []
  spend(keys.length * bytesPerKey)
  return keys
}

function namesIn(list: unknown): readonly string[] {
  const names = Array.isArray(list) ? list.map(String) : []
  spend(names.length * bytesPerKey)
  return names
}

function limit(bound: unknown, check: (bound: number) => unknown): void {
  if (typeof bound === 'number') check(bound)
}

function fail(result: Result, { path }: Place, words: string): void {
  spend(path.length + words.length)
  result.errors.push(`${path.replace(/^\(root\)\./, '')}: ${words}`)
  // With the point that every check gives at its end, an error costs one.
  result.score -= 2
}

function isBad({ errors }: Result): boolean {
  return errors.length > 0
}

function merge(into: Result, from: Result | undefined): void {
  if (!from) return
  spend(from.errors.length * bytesPerKey)
  for (const error of from.errors) into.errors.push(error)
  into.score += from.score
}

function closest(results: readonly Result[]): Result | undefined {
  return results
    .filter(isBad)
    .reduce<Result | undefined>((best, next) => (best && best.score >= next.score ? best : next), undefined)
}

function typeOf(value: unknown): string {
  if (value === null || value === undefined) return 'null'
  if (Array.isArray(value)) return 'array'
  if (typeof value === 'bigint') return 'integer'
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number'
  return typeof value
}
