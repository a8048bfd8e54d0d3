import { equalJson } from '@slipway/kube-objects'
import { RE2JS, RE2JSSyntaxException } from 're2js'
import type { FieldError } from '../../api/status.ts'
import { forbiddenField, invalidValue, required } from '../../validation/field-errors.ts'
import { isSchema, type JsonSchema, logicalParts, structuralParts } from './json-schema.ts'
import { undefinedParts } from './structural-completeness.ts'

/** Where a schema stands, which is what the messages tell. */
type Level = 'root' | 'item' | 'field'

const PRESERVE = 'x-kubernetes-preserve-unknown-fields'
const EMBEDDED = 'x-kubernetes-embedded-resource'
const INT_OR_STRING = 'x-kubernetes-int-or-string'

/**
 * What keeps a schema from being structural: the structure of every value has to be said outside of `allOf`, `anyOf`, `oneOf`
 * and `not`, which only restrict values (KEP-1693; apiextensions' ValidateStructural).
 */
export function structuralFaults(schema: JsonSchema, path: string): FieldError[] {
  const faults = [...invariants(schema, 'root', path), ...undefinedParts(schema, path)]
  const textOf = ({ field, message }: FieldError): string => `${field}: ${message}`
  return faults.toSorted((a, b) => (textOf(a) < textOf(b) ? -1 : 1))
}

function invariants(schema: JsonSchema, level: Level, path: string): FieldError[] {
  const inside = structuralParts(schema, path).flatMap(([at, part]) =>
    invariants(part, at.endsWith('.items') ? 'item' : 'field', at),
  )
  const { type, items, additionalProperties } = schema
  return [
    ...(type === 'array' && !items ? [required(`${path}.items`, 'must be specified')] : []),
    ...inside,
    ...(additionalProperties !== undefined && level === 'root'
      ? [forbiddenField(`${path}.additionalProperties`, 'must not be used at the root')]
      : []),
    ...extensions(schema, path),
    ...values(schema, path),
    ...typeFaults(schema, level, path),
    ...metadata(schema, level, path),
    ...embedded(schema, path),
  ]
}

function extensions(schema: JsonSchema, path: string): FieldError[] {
  if (!schema[INT_OR_STRING]) return []
  const why = `must be false if ${INT_OR_STRING} is true`
  return [PRESERVE, EMBEDDED]
    .filter((name) => schema[name as keyof JsonSchema])
    .map((name) => invalidValue(`${path}.${name}`, true, why))
}

function typeFaults(schema: JsonSchema, level: Level, path: string): FieldError[] {
  const at = `${path}.type`
  const { type } = schema
  const faults: FieldError[] = []
  if (schema[EMBEDDED] && type !== 'object') {
    const why = `must be object if ${EMBEDDED} is true`
    faults.push(type ? invalidValue(at, type, why) : required(at, why))
  } else if (!type && !schema[INT_OR_STRING] && !schema[PRESERVE]) {
    const where = { root: 'at the root', item: 'for specified array items', field: 'for specified object fields' }
    faults.push(required(at, `must not be empty ${where[level]}`))
  }
  if (level === 'root' && type && type !== 'object') faults.push(invalidValue(at, type, 'must be object at the root'))
  return faults
}

/** What every object has may be narrowed, but is the server's own. */
function metadata(schema: JsonSchema, level: Level, path: string): FieldError[] {
  const { properties = {} } = schema
  const isObject = level === 'root' || schema[EMBEDDED] === true
  const faults = ['kind', 'apiVersion']
    .filter((name) => isObject && Object.hasOwn(properties, name) && properties[name]?.type !== 'string')
    .map((name) => invalidValue(`${path}.properties[${name}].type`, properties[name]?.type ?? '', 'must be string'))
  if (!Object.hasOwn(properties, 'metadata')) return faults
  const own = properties.metadata as JsonSchema
  const at = `${path}.properties[metadata]`
  if (isObject && own.type !== 'object') faults.push(invalidValue(`${at}.type`, own.type ?? '', 'must be object'))
  if (level === 'root' && !isNarrowedMetadata(own)) {
    const why = 'must not specify anything other than name and generateName, but metadata is implicitly specified'
    faults.push(forbiddenField(at, why))
  }
  return faults
}

/** The documentation of a schema is none of its structure. */
const DOCUMENTATION = ['externalDocs', 'example']

function isNarrowedMetadata({ type: _, default: __, properties = {}, ...rest }: JsonSchema): boolean {
  const names = Object.keys(properties)
  const others = Object.keys(rest).filter((name) => !DOCUMENTATION.includes(name))
  return names.every((name) => name === 'name' || name === 'generateName') && others.length === 0
}

function embedded(schema: JsonSchema, path: string): FieldError[] {
  if (!schema[EMBEDDED]) return []
  const faults: FieldError[] = []
  if (schema.additionalProperties !== undefined) {
    faults.push(forbiddenField(`${path}.additionalProperties`, `must not be used if ${EMBEDDED} is set`))
  }
  if (!schema[PRESERVE] && !schema.properties) {
    const why = `must not be empty if ${EMBEDDED} is true without ${PRESERVE}`
    faults.push(required(`${path}.properties`, why))
  }
  return faults
}

const INTEGER_OR_TEXT = [{ type: 'integer' }, { type: 'string' }]

const isIntegerOrText = (anyOf: JsonSchema[] = []): boolean => equalJson(anyOf.map(substance), INTEGER_OR_TEXT)

/** A schema without what says nothing of values. */
function substance({ additionalProperties, ...schema }: JsonSchema): JsonSchema {
  const said = Object.entries(schema).filter(([name]) => !DOCUMENTATION.includes(name))
  return { ...Object.fromEntries(said), ...(additionalProperties && { additionalProperties }) }
}

/** What a schema asks of values; an int-or-string may name its two types in `anyOf`, or in that of its first `allOf`. */
function values(schema: JsonSchema, path: string): FieldError[] {
  const { anyOf, allOf: [first, ...others] = [] } = schema
  const bare = {
    ...schema,
    ...(isIntegerOrText(anyOf) && { anyOf: [] }),
    ...(first && isIntegerOrText(first.anyOf) && { allOf: [{ ...first, anyOf: [] }, ...others] }),
  }
  return restrictions(bare, path)
}

function restrictions(schema: JsonSchema, path: string): FieldError[] {
  const { pattern } = schema
  const fault = pattern === undefined ? undefined : patternFault(pattern)
  return [
    ...logicalParts(schema, path).flatMap(([at, part]) => restriction(part, at)),
    ...(fault === undefined ? [] : [invalidValue(`${path}.pattern`, pattern, fault)]),
  ]
}

/** What a schema may not say where it only restricts. */
const FORBIDDEN: readonly (readonly [keyof JsonSchema, 'empty' | 'undefined' | 'false'])[] = [
  ['type', 'empty'],
  ['additionalProperties', 'undefined'],
  ['default', 'undefined'],
  ['title', 'empty'],
  ['description', 'empty'],
  ['nullable', 'false'],
  [PRESERVE, 'false'],
  [EMBEDDED, 'false'],
  [INT_OR_STRING, 'false'],
  ['x-kubernetes-list-map-keys', 'empty'],
  ['x-kubernetes-list-type', 'undefined'],
  ['x-kubernetes-map-type', 'undefined'],
  ['x-kubernetes-validations', 'empty'],
]

function restriction(schema: JsonSchema, path: string): FieldError[] {
  const { items, properties = {} } = schema
  return [
    ...restrictions(schema, path),
    ...(isSchema(items) ? restriction(items, `${path}.items`) : []),
    ...Object.entries(properties).flatMap(([name, part]) => restriction(part, `${path}.properties[${name}]`)),
    ...FORBIDDEN.filter(([name]) => schema[name] !== undefined && schema[name] !== false).map(([name, what]) =>
      forbiddenField(`${path}.${name}`, `must be ${what} to be structural`),
    ),
    ...(Object.hasOwn(properties, 'metadata')
      ? [forbiddenField(`${path}.properties[metadata]`, 'must not be specified in a nested context')]
      : []),
  ]
}

/** What Go's regexp.Compile has against a pattern. */
function patternFault(pattern: string): string | undefined {
  try {
    RE2JS.compile(pattern)
    return undefined
  } catch (error) {
    if (!(error instanceof RE2JSSyntaxException)) throw error
    const part = error.error === 'trailing backslash at end of expression' ? '' : (error.input ?? pattern)
    return `must be a valid regular expression, but isn't: error parsing regexp: ${error.error}: \`${part}\``
  }
}
