import { compareStrings } from '../encoding.ts'
import { isTable, type Values } from '../values/value.ts'
import type { Resource, Schema, SchemaDocument } from './document.ts'
import { type Failure, grouped, groupedFloat, quoted } from './failure.ts'
import { compilePattern } from './pattern.ts'
import { equal, scalarMismatch } from './scalars.ts'

/**
 * Checks a value against a JSON Schema (drafts 4 to 2020-12) with the outcome and the words of
 * santhosh-tekuri/jsonschema. Throws an Error when the schema itself cannot be used.
 */
export function validate(document: SchemaDocument, value: unknown, options: ValidateOptions = {}): readonly Failure[] {
  const validator = new Validator(document, options.assertsFormats ?? document.draft < 2019)
  const failure = validator.check(document.root, { value, path: undefined, depth: 0, scope: undefined }).failure
  if (!failure) return []
  return failure.kind === 'group' ? failure.causes : [failure]
}

export interface ValidateOptions {
  /** Whether `format` is checked. @default only in drafts before 2019-09 */
  readonly assertsFormats?: boolean
}

interface Place {
  readonly value: unknown
  readonly path: Path | undefined
  readonly depth: number
  readonly scope: Scope | undefined
}

/** Keys from a value up to the top of the document. */
interface Path {
  readonly key: string
  readonly up: Path | undefined
}

/** The resources that references led through, the innermost first. */
interface Scope {
  readonly resource: Resource
  readonly outer: Scope | undefined
}

function keysOf(path: Path | undefined): string[] {
  const keys: string[] = []
  for (let at = path; at; at = at.up) keys.push(at.key)
  return keys.reverse()
}

/** What a schema says of a value, and which properties and items it has dealt with. */
interface Outcome {
  readonly failure?: Failure
  readonly evaluated: Set<string>
}

// Schemas that refer to themselves without going into the value never end.
const maxDepth = 400
const nothingEvaluated = new Set<string>()
const fine: Outcome = { evaluated: nothingEvaluated }

class Validator {
  readonly document: SchemaDocument
  readonly assertsFormats: boolean

  constructor(document: SchemaDocument, assertsFormats: boolean) {
    this.document = document
    this.assertsFormats = assertsFormats
  }

  check(schema: Schema, outer: Place): Outcome {
    const { document } = this
    const fail = (message: string): Outcome => ({
      failure: { path: keysOf(outer.path), message, causes: [] },
      evaluated: nothingEvaluated,
    })
    if (schema === true) return fine
    if (schema === false) return fail('false schema')
    if (outer.depth > maxDepth) throw new Error('the schema refers to itself without end')
    if (document.draft >= 2019 || schema.$ref === undefined) {
      const mismatch = scalarMismatch(schema, outer.value, this.assertsFormats)
      if (mismatch !== undefined) return fail(mismatch)
    }
    const resource = document.resourceOf(schema)
    const place = resource === outer.scope?.resource ? outer : { ...outer, scope: { resource, outer: outer.scope } }
    return new SchemaCheck(this, { schema, place }).run()
  }
}

interface Bound {
  readonly got: number
  readonly isBroken: (got: number, want: number) => boolean
}

interface CheckInput {
  readonly schema: Values
  readonly place: Place
}

/** One schema at one place. */
class SchemaCheck {
  private readonly validator: Validator
  private readonly document: SchemaDocument
  private readonly schema: Values
  private readonly place: Place
  private readonly evaluated: Set<string>
  private readonly failures: Failure[] = []

  constructor(validator: Validator, { schema, place }: CheckInput) {
    this.validator = validator
    this.document = validator.document
    this.schema = schema
    this.place = place
    this.evaluated = this.document.tracksEvaluation ? new Set() : nothingEvaluated
  }

  run(): Outcome {
    const { schema, document } = this
    const { value } = this.place
    if (typeof schema.$ref === 'string') {
      this.reference(document.resolve(schema.$ref, schema).schema)
      // Before 2019-09, everything beside a $ref is ignored.
      if (document.draft < 2019) return this.outcome()
    }
    if (Array.isArray(value)) this.array(value)
    else if (isTable(value)) this.object(value)
    else if (typeof value === 'string') this.text(value)
    else if (typeof value === 'number' || typeof value === 'bigint') this.number(Number(value))
    if (document.draft >= 2019) this.dynamicReferences()
    this.combinations()
    if (document.draft >= 2019) this.unevaluated()
    return this.outcome()
  }

  private outcome(): Outcome {
    const { failures, evaluated } = this
    const [first, ...more] = failures
    if (first === undefined) return { evaluated }
    if (more.length === 0) return { failure: first, evaluated }
    const path = keysOf(this.place.path)
    return { failure: { path, message: 'validation failed', causes: failures, kind: 'group' }, evaluated }
  }

  private fail(message: string, causes: readonly Failure[] = []): void {
    this.failures.push({ path: keysOf(this.place.path), message, causes })
  }

  private add(failure: Failure | undefined): void {
    if (failure) this.failures.push(failure)
  }

  private markEvaluated(key: string): void {
    if (this.document.tracksEvaluation) this.evaluated.add(key)
  }

  /** Another schema at the same place; what it has dealt with counts when it holds. */
  private same(schema: unknown): Failure | undefined {
    const place = { ...this.place, depth: this.place.depth + 1 }
    const { failure, evaluated } = this.validator.check(schema as Schema, place)
    if (!failure) for (const key of evaluated) this.evaluated.add(key)
    return failure
  }

  private child(schema: unknown, value: unknown, key: string): Failure | undefined {
    const { path, depth, scope } = this.place
    const place = { value, path: { key, up: path }, depth: depth + 1, scope }
    return this.validator.check(schema as Schema, place).failure
  }

  private reference(schema: Schema): void {
    const failure = this.same(schema)
    if (!failure) return
    const causes = failure.kind === 'group' ? failure.causes : [failure]
    this.failures.push({ path: keysOf(this.place.path), message: 'validation failed', causes, kind: 'reference' })
  }

  private dynamicReferences(): void {
    const { schema, document } = this
    if (typeof schema.$recursiveRef === 'string') {
      const { schema: target } = document.resolve(schema.$recursiveRef, schema)
      const isRecursive = (candidate: Schema) => isTable(candidate) && candidate.$recursiveAnchor === true
      const outermost = isRecursive(target) && this.outermost(({ root }) => (isRecursive(root) ? root : undefined))
      this.reference(outermost || target)
    }
    if (typeof schema.$dynamicRef === 'string') {
      const { schema: target, fragment } = document.resolve(schema.$dynamicRef, schema)
      const isDynamic = isTable(target) && target.$dynamicAnchor === fragment
      const outermost =
        isDynamic &&
        this.outermost(({ anchors, dynamicAnchors }) =>
          dynamicAnchors.has(fragment) ? anchors.get(fragment) : undefined,
        )
      this.reference(outermost || target)
    }
  }

  private outermost(find: (resource: Resource) => Schema | undefined): Schema | undefined {
    let found: Schema | undefined
    for (let { scope } = this.place; scope; scope = scope.outer) found = find(scope.resource) ?? found
    return found
  }

  private limit(keyword: string, got: number, isBroken: (got: number, want: number) => boolean): void {
    const want = this.schema[keyword]
    if (typeof want === 'number' && isBroken(got, want))
      this.fail(`${keyword}: got ${grouped(got)}, want ${grouped(want)}`)
  }

  private bound(keyword: string, name: string, { got, isBroken }: Bound): void {
    const want = this.schema[keyword]
    if (typeof want === 'number' && isBroken(got, want))
      this.fail(`${name}: got ${groupedFloat(got)}, want ${groupedFloat(want)}`)
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
        if (!compilePattern(pattern).matcher(key).find()) continue
        isKnown = true
        this.add(this.child((patternProperties as Values)[pattern], value[key], key))
      }
      if (!isKnown && additionalProperties !== undefined) {
        isKnown = true
        if (additionalProperties === false) unwanted.push(key)
        else this.add(this.child(additionalProperties, value[key], key))
      }
      if (isKnown) this.markEvaluated(key)
    }
    if (unwanted.length > 0) this.fail(`additional properties ${unwanted.map(quoted).join(', ')} not allowed`)
  }

  private propertyName(key: string): void {
    const { depth, scope } = this.place
    const place = { value: key, path: undefined, depth: depth + 1, scope }
    const { failure } = this.validator.check(this.schema.propertyNames as Schema, place)
    if (!failure) return
    const causes = failure.kind === 'group' ? failure.causes : [failure]
    // The name of a property has no place of its own.
    this.failures.push({ path: [], message: `invalid propertyName ${quoted(key)}`, causes })
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
    const isTuple = Array.isArray(schema.items)
    const leading = isNew ? schema.prefixItems : schema.items
    const first: readonly unknown[] = Array.isArray(leading) ? leading : []
    const rest = isNew || !isTuple ? schema.items : schema.additionalItems
    const known = Math.min(first.length, items.length)
    for (let i = 0; i < known; i++) this.item(first[i], items[i], i)
    if (rest === undefined || known === items.length) return
    if (rest === false && isTuple && !isNew) {
      this.fail(`last ${items.length - known} additionalItem(s) not allowed`)
      return
    }
    // The library counts the places of these from 0 again.
    const shift = isNew || isTuple ? known : 0
    for (let i = known; i < items.length; i++) this.item(rest, items[i], i - shift)
    for (let i = known; i < items.length; i++) this.markEvaluated(String(i))
  }

  private item(schema: unknown, item: unknown, index: number): void {
    this.markEvaluated(String(index))
    this.add(this.child(schema, item, String(index)))
  }

  private contains(items: readonly unknown[]): void {
    const { contains, minContains, maxContains } = this.schema
    if (contains === undefined || this.document.draft < 6) return
    const failures = items.map((item, index) => this.child(contains, item, String(index)))
    const matched = failures.flatMap((failure, index) => (failure ? [] : [index]))
    for (const index of matched) this.markEvaluated(String(index))
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
    if (typeof pattern === 'string' && !compilePattern(pattern).matcher(value).find()) {
      this.fail(`${quoted(value)} does not match pattern ${quoted(pattern)}`)
    }
  }

  private number(got: number): void {
    const { exclusiveMinimum, exclusiveMaximum } = this.schema
    const isNotAbove = (value: number, want: number) => value <= want
    const isNotBelow = (value: number, want: number) => value >= want
    // Draft 4 has a bool that makes the other bound an exclusive one.
    if (exclusiveMinimum === true) this.bound('minimum', 'exclusiveMinimum', { got, isBroken: isNotAbove })
    else this.bound('minimum', 'minimum', { got, isBroken: isLess })
    if (exclusiveMaximum === true) this.bound('maximum', 'exclusiveMaximum', { got, isBroken: isNotBelow })
    else this.bound('maximum', 'maximum', { got, isBroken: isMore })
    this.bound('exclusiveMinimum', 'exclusiveMinimum', { got, isBroken: isNotAbove })
    this.bound('exclusiveMaximum', 'exclusiveMaximum', { got, isBroken: isNotBelow })
    const isNoMultiple = (value: number, want: number) => !Number.isInteger(Number((value / want).toPrecision(15)))
    this.bound('multipleOf', 'multipleOf', { got, isBroken: isNoMultiple })
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
    if (unevaluatedProperties === undefined && unevaluatedItems === undefined) return
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
