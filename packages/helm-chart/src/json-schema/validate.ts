import { RE2JS } from 're2js'
import { compareStrings } from '../encoding.ts'
import { isTable, type Values } from '../values/value.ts'
import { type Schema, type SchemaDocument, schemaDocument } from './document.ts'
import { type Failure, grouped, quoted } from './failure.ts'
import { equal, scalarMismatch } from './scalars.ts'

/**
 * Checks a value against a JSON Schema (drafts 4 to 2020-12) with the outcome and the words of
 * santhosh-tekuri/jsonschema. Throws an Error when the schema itself cannot be used.
 */
export function validate(schema: Schema, value: unknown): readonly Failure[] {
  const failure = new Validator(schemaDocument(schema)).check(schema, { value, path: [], depth: 0 }).failure
  if (!failure) return []
  return failure.kind === 'group' ? failure.causes : [failure]
}

interface Place {
  readonly value: unknown
  readonly path: readonly string[]
  readonly depth: number
}

/** What a schema says of a value, and which properties and items it has dealt with. */
interface Outcome {
  readonly failure?: Failure
  readonly evaluated: Set<string>
}

// Schemas that refer to themselves without going into the value never end.
const maxDepth = 400

class Validator {
  private readonly document: SchemaDocument

  constructor(document: SchemaDocument) {
    this.document = document
  }

  check(schema: Schema, place: Place): Outcome {
    const evaluated = new Set<string>()
    const fail = (message: string): Outcome => ({ failure: { path: place.path, message, causes: [] }, evaluated })
    if (schema === true) return { evaluated }
    if (schema === false) return fail('false schema')
    if (place.depth > maxDepth) throw new Error('the schema refers to itself without end')
    const mismatch =
      this.document.draft < 2019 && schema.$ref !== undefined
        ? undefined
        : scalarMismatch(schema, place.value, this.document.draft)
    if (mismatch !== undefined) return fail(mismatch)
    const check = new SchemaCheck(this, this.document, { schema, place, evaluated })
    return check.run()
  }
}

interface CheckInput {
  readonly schema: Values
  readonly place: Place
  readonly evaluated: Set<string>
}

/** One schema at one place. */
class SchemaCheck {
  private readonly validator: Validator
  private readonly document: SchemaDocument
  private readonly schema: Values
  private readonly place: Place
  private readonly evaluated: Set<string>
  private readonly failures: Failure[] = []

  constructor(validator: Validator, document: SchemaDocument, { schema, place, evaluated }: CheckInput) {
    this.validator = validator
    this.document = document
    this.schema = schema
    this.place = place
    this.evaluated = evaluated
  }

  run(): Outcome {
    const { schema, document } = this
    const { value } = this.place
    if (typeof schema.$ref === 'string') {
      this.reference(schema.$ref)
      // Before 2019-09, everything beside a $ref is ignored.
      if (document.draft < 2019) return this.outcome()
    }
    if (Array.isArray(value)) this.array(value)
    else if (isTable(value)) this.object(value)
    else if (typeof value === 'string') this.text(value)
    else if (typeof value === 'number' || typeof value === 'bigint') this.number(Number(value))
    if (typeof schema.$dynamicRef === 'string') this.reference(schema.$dynamicRef)
    this.combinations()
    if (document.draft >= 2019) this.unevaluated()
    return this.outcome()
  }

  private outcome(): Outcome {
    const [first, ...more] = this.failures
    if (first === undefined) return { evaluated: this.evaluated }
    if (more.length === 0) return { failure: first, evaluated: this.evaluated }
    const { path } = this.place
    const failure: Failure = { path, message: 'validation failed', causes: this.failures, kind: 'group' }
    return { failure, evaluated: this.evaluated }
  }

  private fail(message: string, causes: readonly Failure[] = []): void {
    this.failures.push({ path: this.place.path, message, causes })
  }

  private add(failure: Failure | undefined): void {
    if (failure?.kind === 'group') this.failures.push(...failure.causes)
    else if (failure) this.failures.push(failure)
  }

  /** Another schema at the same place; what it has dealt with counts when it holds. */
  private same(schema: unknown): Failure | undefined {
    const { failure, evaluated } = this.validator.check(schema as Schema, {
      ...this.place,
      depth: this.place.depth + 1,
    })
    if (!failure) for (const key of evaluated) this.evaluated.add(key)
    return failure
  }

  private child(schema: unknown, value: unknown, key: string): Failure | undefined {
    const { path, depth } = this.place
    return this.validator.check(schema as Schema, { value, path: [...path, key], depth: depth + 1 }).failure
  }

  private reference(reference: string): void {
    const failure = this.same(this.document.resolve(reference))
    if (!failure) return
    const causes = failure.kind === 'group' ? failure.causes : [failure]
    this.failures.push({ path: this.place.path, message: 'validation failed', causes, kind: 'reference' })
  }

  private limit(keyword: string, got: number, isBroken: (got: number, want: number) => boolean): void {
    const want = this.schema[keyword]
    if (typeof want === 'number' && isBroken(got, want))
      this.fail(`${keyword}: got ${grouped(got)}, want ${grouped(want)}`)
  }

  private object(value: Values): void {
    const { schema } = this
    const keys = Object.keys(value).sort(compareStrings)
    this.limit('minProperties', keys.length, isLess)
    this.limit('maxProperties', keys.length, isMore)
    this.requireKeys(value, schema.required)
    for (const key of tableKeys(schema.dependencies)) {
      const dependency = (schema.dependencies as Values)[key]
      if (!Object.hasOwn(value, key)) continue
      if (Array.isArray(dependency)) this.requireTogether(value, key, dependency)
      else this.add(this.same(dependency))
    }
    this.properties(value, keys)
    if (schema.propertyNames !== undefined) for (const key of keys) this.propertyName(key)
    for (const key of tableKeys(schema.dependentSchemas)) {
      if (Object.hasOwn(value, key)) this.add(this.same((schema.dependentSchemas as Values)[key]))
    }
    for (const key of tableKeys(schema.dependentRequired)) {
      const needed = (schema.dependentRequired as Values)[key]
      if (Object.hasOwn(value, key) && Array.isArray(needed)) this.requireTogether(value, key, needed)
    }
  }

  private requireKeys(value: Values, required: unknown): void {
    const missing = missingKeys(value, required)
    if (missing.length === 1) this.fail(`missing property ${quoted(missing[0] as string)}`)
    else if (missing.length > 1) this.fail(`missing properties ${missing.map(quoted).join(', ')}`)
  }

  private requireTogether(value: Values, key: string, needed: readonly unknown[]): void {
    const missing = missingKeys(value, needed)
    if (missing.length > 0) this.fail(`properties ${missing.map(quoted).join(', ')} required, if ${quoted(key)} exists`)
  }

  private properties(value: Values, keys: readonly string[]): void {
    const { properties, patternProperties, additionalProperties } = this.schema
    const patterns = tableKeys(patternProperties)
    const unwanted: string[] = []
    for (const key of keys) {
      let isKnown = false
      if (isTable(properties) && Object.hasOwn(properties, key)) {
        isKnown = true
        this.add(this.child(properties[key], value[key], key))
      }
      for (const pattern of patterns) {
        if (!matches(pattern, key)) continue
        isKnown = true
        this.add(this.child((patternProperties as Values)[pattern], value[key], key))
      }
      if (!isKnown && additionalProperties !== undefined) {
        isKnown = true
        if (additionalProperties === false) unwanted.push(key)
        else this.add(this.child(additionalProperties, value[key], key))
      }
      if (isKnown) this.evaluated.add(key)
    }
    if (unwanted.length > 0) this.fail(`additional properties ${unwanted.map(quoted).join(', ')} not allowed`)
  }

  private propertyName(key: string): void {
    const { depth } = this.place
    const { failure } = this.validator.check(this.schema.propertyNames as Schema, {
      value: key,
      path: [],
      depth: depth + 1,
    })
    if (!failure) return
    const causes = failure.kind === 'group' ? failure.causes : [failure]
    this.failures.push({ path: this.place.path, message: `invalid propertyName ${quoted(key)}`, causes })
  }

  private array(items: readonly unknown[]): void {
    this.limit('minItems', items.length, isLess)
    this.limit('maxItems', items.length, isMore)
    if (this.schema.uniqueItems === true) this.unique(items)
    this.items(items)
    this.contains(items)
  }

  private unique(items: readonly unknown[]): void {
    for (let i = 0; i < items.length; i++) {
      const j = items.findIndex((other, index) => index > i && equal(items[i], other))
      if (j > 0) {
        this.fail(`items at ${i} and ${j} are equal`)
        return
      }
    }
  }

  private items(items: readonly unknown[]): void {
    const { schema } = this
    const isNew = this.document.draft >= 2020
    const leading = isNew ? schema.prefixItems : Array.isArray(schema.items) ? schema.items : []
    const rest = isNew ? schema.items : Array.isArray(schema.items) ? schema.additionalItems : schema.items
    const first = Array.isArray(leading) ? leading : []
    for (const [index, item] of items.entries()) {
      const itemSchema = index < first.length ? first[index] : rest
      if (itemSchema === undefined) continue
      this.evaluated.add(String(index))
      if (itemSchema === false && !isNew && index >= first.length && Array.isArray(schema.items)) {
        this.fail(`last ${items.length - first.length} additionalItem(s) not allowed`)
        return
      }
      this.add(this.child(itemSchema, item, String(index)))
    }
  }

  private contains(items: readonly unknown[]): void {
    const { contains, minContains, maxContains } = this.schema
    if (contains === undefined || this.document.draft < 6) return
    const failures = items.map((item, index) => this.child(contains, item, String(index)))
    const matched = failures.flatMap((failure, index) => (failure ? [] : [index]))
    for (const index of matched) this.evaluated.add(String(index))
    const causes = failures.filter((failure) => failure !== undefined)
    const found =
      matched.length === 0 ? 'but none matched' : `but matched ${matched.length} items at ${matched.join(' ')}`
    if (typeof minContains === 'number') {
      if (matched.length < minContains)
        this.fail(`min ${minContains} items required to match contains schema, ${found}`, causes)
    } else if (matched.length === 0) this.fail('no items match contains schema', causes)
    if (typeof maxContains === 'number' && matched.length > maxContains) {
      this.fail(`max ${maxContains} items required to match contains schema, ${found}`)
    }
  }

  private text(value: string): void {
    const { minLength, maxLength, pattern } = this.schema
    if (minLength !== undefined || maxLength !== undefined) {
      const { length } = Array.from(value)
      this.limit('minLength', length, isLess)
      this.limit('maxLength', length, isMore)
    }
    if (typeof pattern === 'string' && !matches(pattern, value)) {
      this.fail(`${quoted(value)} does not match pattern ${quoted(pattern)}`)
    }
  }

  private number(value: number): void {
    const isDraft4 = this.document.draft === 4
    const { exclusiveMinimum, exclusiveMaximum } = this.schema
    this.limit('minimum', value, isDraft4 && exclusiveMinimum === true ? (got, want) => got <= want : isLess)
    this.limit('maximum', value, isDraft4 && exclusiveMaximum === true ? (got, want) => got >= want : isMore)
    this.limit('exclusiveMinimum', value, (got, want) => got <= want)
    this.limit('exclusiveMaximum', value, (got, want) => got >= want)
    this.limit('multipleOf', value, (got, want) => !Number.isInteger(Number((got / want).toPrecision(15))))
  }

  private combinations(): void {
    const { not, allOf, anyOf, oneOf } = this.schema
    if (not !== undefined && this.same(not) === undefined) this.fail("'not' failed")
    if (Array.isArray(allOf)) {
      const failures = allOf.map((schema) => this.same(schema)).filter((failure) => failure !== undefined)
      if (failures.length > 0) this.fail("'allOf' failed", failures)
    }
    if (Array.isArray(anyOf)) {
      const failures = anyOf.map((schema) => this.same(schema))
      if (!failures.includes(undefined)) this.fail("'anyOf' failed", failures as Failure[])
    }
    if (Array.isArray(oneOf)) this.oneOf(oneOf)
    this.condition()
  }

  private oneOf(schemas: readonly unknown[]): void {
    const failures = schemas.map((schema) => this.same(schema))
    const matched = failures.flatMap((failure, index) => (failure ? [] : [index]))
    if (matched.length === 0) this.fail("'oneOf' failed, none matched", failures as Failure[])
    else if (matched.length > 1) this.fail(`'oneOf' failed, subschemas ${matched[0]}, ${matched[1]} matched`)
  }

  private condition(): void {
    const { if: condition, then, else: otherwise } = this.schema
    if (condition === undefined || this.document.draft < 7) return
    const branch = this.same(condition) === undefined ? then : otherwise
    if (branch !== undefined) this.add(this.same(branch))
  }

  private unevaluated(): void {
    const { unevaluatedProperties, unevaluatedItems } = this.schema
    const { value } = this.place
    const [schema, entries] = Array.isArray(value)
      ? [unevaluatedItems, Array.from(value.entries(), ([index, item]) => [String(index), item] as const)]
      : [unevaluatedProperties, isTable(value) ? Object.entries(value) : []]
    if (schema === undefined) return
    for (const [key, item] of entries) {
      if (this.evaluated.has(key)) continue
      this.evaluated.add(key)
      this.add(this.child(schema, item, key))
    }
  }
}

function isLess(got: number, want: number): boolean {
  return got < want
}

function isMore(got: number, want: number): boolean {
  return got > want
}

function tableKeys(value: unknown): string[] {
  return isTable(value) ? Object.keys(value).sort(compareStrings) : []
}

function missingKeys(value: Values, keys: unknown): string[] {
  return Array.isArray(keys) ? keys.map(String).filter((key) => !Object.hasOwn(value, key)) : []
}

const patterns = new Map<string, RE2JS>()

// RE2, so that no pattern of a chart takes more than linear time.
function matches(pattern: string, text: string): boolean {
  let compiled = patterns.get(pattern)
  if (!compiled) {
    compiled = RE2JS.compile(pattern)
    if (patterns.size >= 500) patterns.clear()
    patterns.set(pattern, compiled)
  }
  return compiled.matcher(text).find()
}
