import { quote, spend } from '@slipway/go-template'
import { isTable, type Values } from '../values/value.ts'
import { checkArray } from './array.ts'
import { assertsFormats } from './dialect.ts'
import type { Placed, Resource } from './document.ts'
import { type Failure, unfolded } from './failure.ts'
import { cycleOf, type Frame, firstFrame, keysOf, keywordLocation, nextFrame, placeOf, type Step } from './frame.ts'
import type { Draft, Schema } from './keywords.ts'
import type { SchemaLibrary } from './library.ts'
import { checkObject } from './object.ts'
import { checkNumber, checkText, scalarMismatch } from './scalars.ts'

/**
 * Checks a value against a JSON Schema (drafts 4 to 2020-12) with the outcome and the words of
 * santhosh-tekuri/jsonschema. Throws an Error when the schema itself cannot be used.
 */
export function validate(
  library: SchemaLibrary,
  schema: Schema,
  value: unknown,
  options: ValidateOptions = {},
): readonly Failure[] {
  const failure = new Validator(library, options).start(schema, value)
  return failure ? unfolded(failure) : []
}

/** What a check may be told of. */
export interface ValidateOptions {
  /** The schema that counts instead of the one that a frame comes to. */
  readonly instead?: (frame: Frame) => Values | undefined
}

/** What a schema says of a value, and which properties and items it has dealt with. */
interface Outcome {
  readonly failure?: Failure
  readonly evaluated: Set<string>
}

// A schema is hostile input: it may nest for ever, or ask the same thing in ever so many ways.
const maxDepth = 400
const bytesPerCheck = 100
const bytesPerKey = 16

const nothingEvaluated = new Set<string>()
const fine: Outcome = { evaluated: nothingEvaluated }

function failed(path: readonly string[], message: string): Outcome {
  return { failure: { path, message, causes: [] }, evaluated: nothingEvaluated }
}

class Validator {
  readonly library: SchemaLibrary
  private readonly options: ValidateOptions

  constructor(library: SchemaLibrary, options: ValidateOptions) {
    this.library = library
    this.options = options
  }

  /** A value that nothing led to: the document's, or the name of a property. */
  start(schema: Schema, value: unknown): Failure | undefined {
    if (typeof schema === 'boolean') return schema ? undefined : { path: [], message: 'false schema', causes: [] }
    return this.check(firstFrame(this.library, schema, value)).failure
  }

  next(frame: Frame, schema: Values, step: Step): Frame {
    const next = nextFrame(frame, this.library, schema, step)
    const instead = this.options.instead?.(next)
    return instead ? { ...next, instead: this.library.place(instead) } : next
  }

  check(frame: Frame): Outcome {
    const cycle = cycleOf(frame)
    if (cycle) return failed(keysOf(frame), this.cycleMessage(frame, cycle))
    if (frame.depth > maxDepth) throw new Error(`the schema goes more than ${maxDepth} schemas deep`)
    spend(bytesPerCheck)
    const { keywords, resource } = frame.instead ?? frame.placed
    const mismatch = scalarMismatch(
      keywords,
      frame.value,
      this.library.assertsFormats || assertsFormats(resource.dialect),
    )
    return mismatch === undefined ? new SchemaCheck(this, frame).run() : failed(keysOf(frame), mismatch)
  }

  private cycleMessage(frame: Frame, cycle: Frame): string {
    const [here, there] = [keywordLocation(frame), keywordLocation(cycle)]
    return `both ${here} and ${there} resolve to ${quote(placeOf(frame.placed))} causing reference cycle`
  }
}

/** One schema at one place. */
export class SchemaCheck {
  readonly library: SchemaLibrary
  readonly draft: Draft
  private readonly validator: Validator
  private readonly frame: Frame
  private readonly placed: Placed
  private readonly evaluated: Set<string>
  private readonly failures: Failure[] = []

  constructor(validator: Validator, frame: Frame) {
    this.validator = validator
    this.library = validator.library
    this.placed = frame.instead ?? frame.placed
    this.draft = this.placed.resource.dialect.draft
    this.frame = frame
    this.evaluated = this.library.tracksEvaluation ? new Set() : nothingEvaluated
  }

  run(): Outcome {
    const { placed } = this
    const { value } = this.frame
    const { $ref } = placed.keywords
    if (typeof $ref === 'string') {
      this.reference('$ref', this.library.resolve($ref, placed.resource).schema)
      if (this.draft < 2019) return this.outcome()
    }
    if (Array.isArray(value)) checkArray(this, placed.keywords, value)
    else if (isTable(value)) checkObject(this, placed.keywords, value)
    else if (typeof value === 'string') checkText(this, placed.keywords, value)
    else if (typeof value === 'number' || typeof value === 'bigint') checkNumber(this, placed.keywords, value)
    this.dynamicReferences()
    this.combinations()
    this.unevaluated()
    return this.outcome()
  }

  private outcome(): Outcome {
    const { failures, evaluated } = this
    const [first, ...more] = failures
    if (first === undefined) return { evaluated }
    if (more.length === 0) return { failure: first, evaluated }
    return {
      failure: { path: keysOf(this.frame), message: 'validation failed', causes: failures, kind: 'group' },
      evaluated,
    }
  }

  fail(message: string, causes: readonly Failure[] = []): void {
    spend(message.length)
    this.failures.push({ path: keysOf(this.frame), message, causes })
  }

  add(failure: Failure | undefined): void {
    if (failure) this.failures.push(failure)
  }

  /** Notes that a property or item was dealt with. */
  markEvaluated(key: string): void {
    if (this.library.tracksEvaluation) this.evaluated.add(key)
  }

  /** Another schema for the same value; what it has dealt with counts when it holds. */
  same(schema: unknown, reference?: string): Failure | undefined {
    const { failure, evaluated } = this.follow(schema, { reference })
    if (failure || evaluated.size === 0) return failure
    spend(evaluated.size * bytesPerKey)
    for (const key of evaluated) this.evaluated.add(key)
    return undefined
  }

  /** A schema for a value inside. */
  child(schema: unknown, key: string, value: unknown): Failure | undefined {
    return this.follow(schema, { inside: { key, value } }).failure
  }

  /** A schema for a value that has no place of its own. */
  apart(schema: unknown, value: unknown): Failure | undefined {
    return this.validator.start(schema as Schema, value)
  }

  private follow(schema: unknown, step: Step): Outcome {
    if (schema === true) return fine
    if (isTable(schema)) return this.validator.check(this.validator.next(this.frame, schema, step))
    const path = step.inside ? [...keysOf(this.frame), step.inside.key] : keysOf(this.frame)
    return failed(path, 'false schema')
  }

  private reference(keyword: string, schema: Schema): void {
    const failure = this.same(schema, keyword)
    if (!failure) return
    this.failures.push({
      path: keysOf(this.frame),
      message: 'validation failed',
      causes: unfolded(failure),
      kind: 'reference',
    })
  }

  private dynamicReferences(): void {
    const { keywords, resource } = this.placed
    if (typeof keywords.$recursiveRef === 'string') {
      const { schema: target } = this.library.resolve(keywords.$recursiveRef, resource)
      const outermost = this.isRecursive(target) ? this.outermost(({ root }) => this.isRecursive(root)) : undefined
      this.reference('$recursiveRef', outermost ? outermost.schema : target)
    }
    if (typeof keywords.$dynamicRef === 'string') {
      const { schema: target, fragment } = this.library.resolve(keywords.$dynamicRef, resource)
      const isDynamic = isTable(target) && this.draftOf(target) >= 2020 && target.$dynamicAnchor === fragment
      const outermost = isDynamic ? this.outermost(({ dynamicAnchors }) => dynamicAnchors.has(fragment)) : undefined
      this.reference('$dynamicRef', outermost ? anchored(outermost.placed.resource, fragment) : target)
    }
  }

  private isRecursive(schema: unknown): boolean {
    return isTable(schema) && schema.$recursiveAnchor === true && this.draftOf(schema) >= 2019
  }

  private draftOf(schema: Values): Draft {
    return this.library.place(schema).resource.dialect.draft
  }

  private outermost(isWanted: (resource: Resource) => boolean): Frame | undefined {
    let found: Frame | undefined
    for (let at: Frame | undefined = this.frame; at; at = at.outer) if (isWanted(at.placed.resource)) found = at
    return found
  }

  private combinations(): void {
    const { not, allOf, anyOf, oneOf } = this.placed.keywords
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
    const { if: condition, then, else: otherwise } = this.placed.keywords
    if (condition === undefined) return
    const branch = this.same(condition) === undefined ? then : otherwise
    if (branch !== undefined) this.add(this.same(branch))
  }

  private unevaluated(): void {
    const { value } = this.frame
    const { unevaluatedProperties, unevaluatedItems } = this.placed.keywords
    const [schema, entries] = Array.isArray(value)
      ? [unevaluatedItems, () => Array.from(value.entries(), ([index, item]) => [String(index), item] as const)]
      : [unevaluatedProperties, () => (isTable(value) ? Object.entries(value) : [])]
    if (schema === undefined) return
    const all = entries()
    spend(all.length * bytesPerKey)
    for (const [key, item] of all) {
      if (this.evaluated.has(key)) continue
      this.evaluated.add(key)
      this.add(this.child(schema, key, item))
    }
  }
}

function anchored({ document, anchors }: Resource, name: string): Schema {
  return document.at(anchors.get(name) ?? '') as Schema
}
