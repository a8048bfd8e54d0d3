import { isTable } from '../values/value.ts'
import { checkArray } from './array.ts'
import type { Resource, SchemaDocument } from './document.ts'
import { type Failure, unfolded } from './failure.ts'
import { cycleOf, type Frame, firstFrame, keysOf, keywordLocation, nextFrame, type Step } from './frame.ts'
import type { Schema } from './keywords.ts'
import { checkObject } from './object.ts'
import { checkNumber, checkText, scalarMismatch } from './scalars.ts'

/**
 * Checks a value against a JSON Schema (drafts 4 to 2020-12) with the outcome and the words of
 * santhosh-tekuri/jsonschema. Throws an Error when the schema itself cannot be used.
 */
export function validate(document: SchemaDocument, value: unknown, options: ValidateOptions = {}): readonly Failure[] {
  const validator = new Validator(document, options.assertsFormats ?? document.draft < 2019)
  const failure = validator.start(document.root, value)
  return failure ? unfolded(failure) : []
}

export interface ValidateOptions {
  /** Whether `format` is checked. @default only in drafts before 2019-09 */
  readonly assertsFormats?: boolean
}

/** What a schema says of a value, and which properties and items it has dealt with. */
interface Outcome {
  readonly failure?: Failure
  readonly evaluated: Set<string>
}

// A schema is hostile input: it may nest for ever, or ask the same thing in ever so many ways.
const maxDepth = 400
const maxChecks = 5_000_000

const nothingEvaluated = new Set<string>()
const fine: Outcome = { evaluated: nothingEvaluated }

function failed(path: readonly string[], message: string): Outcome {
  return { failure: { path, message, causes: [] }, evaluated: nothingEvaluated }
}

class Validator {
  readonly document: SchemaDocument
  private readonly assertsFormats: boolean
  private checks = 0

  constructor(document: SchemaDocument, assertsFormats: boolean) {
    this.document = document
    this.assertsFormats = assertsFormats
  }

  /** A value that nothing led to: the document's, or the name of a property. */
  start(schema: Schema, value: unknown): Failure | undefined {
    if (typeof schema === 'boolean') return schema ? undefined : { path: [], message: 'false schema', causes: [] }
    return this.check(firstFrame(this.document, schema, value)).failure
  }

  check(frame: Frame): Outcome {
    const cycle = cycleOf(frame)
    if (cycle) return failed(keysOf(frame), this.cycleMessage(frame, cycle))
    if (frame.depth > maxDepth) throw new Error(`the schema goes more than ${maxDepth} schemas deep`)
    if (this.checks++ > maxChecks) throw new Error(`the schema asks for more than ${maxChecks} checks`)
    const mismatch = scalarMismatch(frame.placed.keywords, frame.value, this.assertsFormats)
    return mismatch === undefined ? new SchemaCheck(this, frame).run() : failed(keysOf(frame), mismatch)
  }

  private cycleMessage(frame: Frame, cycle: Frame): string {
    const [here, there] = [keywordLocation(frame), keywordLocation(cycle)]
    const address = `${this.document.file}#${frame.placed.pointer}`
    return `both ${here} and ${there} resolve to "${address}" causing reference cycle`
  }
}

/** One schema at one place. */
export class SchemaCheck {
  readonly document: SchemaDocument
  private readonly validator: Validator
  private readonly frame: Frame
  private readonly evaluated: Set<string>
  private readonly failures: Failure[] = []

  constructor(validator: Validator, frame: Frame) {
    this.validator = validator
    this.document = validator.document
    this.frame = frame
    this.evaluated = this.document.tracksEvaluation ? new Set() : nothingEvaluated
  }

  run(): Outcome {
    const { value, placed } = this.frame
    const { $ref } = placed.keywords
    if (typeof $ref === 'string') this.reference('$ref', this.document.resolve($ref, placed.resource).schema)
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
    this.failures.push({ path: keysOf(this.frame), message, causes })
  }

  add(failure: Failure | undefined): void {
    if (failure) this.failures.push(failure)
  }

  /** Notes that a property or item was dealt with. */
  markEvaluated(key: string): void {
    if (this.document.tracksEvaluation) this.evaluated.add(key)
  }

  /** Another schema for the same value; what it has dealt with counts when it holds. */
  same(schema: unknown, reference?: string): Failure | undefined {
    const { failure, evaluated } = this.follow(schema, { reference })
    if (!failure) for (const key of evaluated) this.evaluated.add(key)
    return failure
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
    if (isTable(schema)) return this.validator.check(nextFrame(this.frame, this.document, schema, step))
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
    const { keywords, resource } = this.frame.placed
    if (typeof keywords.$recursiveRef === 'string') {
      const { schema: target } = this.document.resolve(keywords.$recursiveRef, resource)
      const isRecursive = (candidate: Schema) => isTable(candidate) && candidate.$recursiveAnchor === true
      const outermost = isRecursive(target) && this.outermost(({ root }) => (isRecursive(root) ? root : undefined))
      this.reference('$recursiveRef', outermost || target)
    }
    if (typeof keywords.$dynamicRef === 'string') {
      const { schema: target, fragment } = this.document.resolve(keywords.$dynamicRef, resource)
      const isDynamic = isTable(target) && target.$dynamicAnchor === fragment
      const outermost =
        isDynamic &&
        this.outermost(({ anchors, dynamicAnchors }) =>
          dynamicAnchors.has(fragment) ? anchors.get(fragment) : undefined,
        )
      this.reference('$dynamicRef', outermost || target)
    }
  }

  private outermost(find: (resource: Resource) => Schema | undefined): Schema | undefined {
    let found: Schema | undefined
    for (let at: Frame | undefined = this.frame; at; at = at.outer) found = find(at.placed.resource) ?? found
    return found
  }

  private combinations(): void {
    const { not, allOf, anyOf, oneOf } = this.frame.placed.keywords
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
    const { if: condition, then, else: otherwise } = this.frame.placed.keywords
    if (condition === undefined) return
    const branch = this.same(condition) === undefined ? then : otherwise
    if (branch !== undefined) this.add(this.same(branch))
  }

  private unevaluated(): void {
    const { value, placed } = this.frame
    const { unevaluatedProperties, unevaluatedItems } = placed.keywords
    const [schema, entries] = Array.isArray(value)
      ? [unevaluatedItems, () => Array.from(value.entries(), ([index, item]) => [String(index), item] as const)]
      : [unevaluatedProperties, () => (isTable(value) ? Object.entries(value) : [])]
    if (schema === undefined) return
    for (const [key, item] of entries()) {
      if (this.evaluated.has(key)) continue
      this.evaluated.add(key)
      this.add(this.child(schema, key, item))
    }
  }
}
