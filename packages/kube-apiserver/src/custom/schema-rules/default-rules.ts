import { isObject, prune, type SchemaNode, schemaFromOpenApi, validate, withSortedKeys } from '@slipway/kube-objects'
import type { FieldError } from '../../api/status.ts'
import { invalidValue } from '../../validation/field-errors.ts'
import { embeddedFaults, readEmbedded } from '../embedded-objects.ts'
import { checkRules } from '../validation-rules.ts'
import { isSchema, type JsonSchema } from './json-schema.ts'

/** An object with a value in it, at the place that its schema is about. */
type Surround = (value: unknown) => Record<string, unknown>

/** The object that a schema is inside of. */
interface Around {
  schema: JsonSchema
  surround: Surround
  /** Whether the schema is a part of its metadata or of its type. */
  insideMetadata: boolean
}

const OBJECT_FIELDS = ['metadata', 'apiVersion', 'kind']

/** What is wrong with the defaults of a schema: they have to be what it would let in (schema/defaulting's ValidateDefaults). */
export function defaultFaults(schema: JsonSchema, path: string): FieldError[] {
  const root = { ...schema, 'x-kubernetes-embedded-resource': true }
  return faultsOf(root, path, aroundItself(root))
}

const aroundItself = (schema: JsonSchema): Around => ({
  schema,
  surround: (value) => ({ apiVersion: 'validation/v1', kind: 'Validation', ...(isObject(value) ? value : {}) }),
  insideMetadata: false,
})

function faultsOf(schema: JsonSchema, path: string, outer: Around): FieldError[] {
  const around = schema['x-kubernetes-embedded-resource'] ? aroundItself(schema) : outer
  const { items, properties = {} } = schema
  const isObjectSchema = around.schema === schema
  return [
    ...(schema.default === undefined ? [] : ownFaults(schema, `${path}.default`, around)),
    // There are no defaults inside additionalProperties.
    ...(isSchema(items)
      ? faultsOf(items, `${path}.items`, { ...around, surround: (value) => around.surround([value]) })
      : []),
    ...Object.entries(properties).flatMap(([name, part]) =>
      faultsOf(part, `${path}.properties[${name}]`, {
        ...around,
        surround: (value) => around.surround({ [name]: value }),
        insideMetadata: around.insideMetadata || (isObjectSchema && OBJECT_FIELDS.includes(name)),
      }),
    ),
  ]
}

function ownFaults(schema: JsonSchema, path: string, around: Around): FieldError[] {
  const value = withSortedKeys(schema.default)
  const node = schemaFromOpenApi(schema)
  const unknown = around.insideMetadata ? [] : unknownFields(value, node, path)
  return [...unknown, ...firstFaults(schema, path, around)]
}

/** Each check counts on those before. */
function firstFaults(schema: JsonSchema, path: string, around: Around): FieldError[] {
  const value = withSortedKeys(schema.default)
  const node = schemaFromOpenApi(schema)
  const objects = around.insideMetadata ? metadataFaults(value, path, around) : objectFaults(value, node, path)
  if (objects.length > 0) return objects
  const content = validate(value, schemaFromOpenApi(untyped(schema)))
  return below(path, content.length > 0 ? content : checkRules(schema, node, { value, old: undefined }))
}

/** That something is an int or a string is asked of values only, unless `anyOf` says so. */
function untyped({ 'x-kubernetes-int-or-string': _, properties, items, ...schema }: JsonSchema): JsonSchema {
  const { additionalProperties } = schema
  return {
    ...schema,
    ...(properties && {
      properties: Object.fromEntries(Object.entries(properties).map(([name, part]) => [name, untyped(part)])),
    }),
    ...(isSchema(items) && { items: untyped(items) }),
    ...(isSchema(additionalProperties) && { additionalProperties: untyped(additionalProperties) }),
  }
}

const below = (path: string, faults: FieldError[]): FieldError[] =>
  faults.map((fault) => ({ ...fault, field: fault.field ? `${path}.${fault.field}` : path }))

function unknownFields(value: unknown, node: SchemaNode, path: string): FieldError[] {
  const { unknown } = prune(readEmbedded(value, node).value, node)
  return unknown.length === 0 ? [] : [invalidValue(path, value, 'must not have unknown fields')]
}

function objectFaults(value: unknown, node: SchemaNode, path: string): FieldError[] {
  const read = readEmbedded(value, node)
  return read.fault === undefined ? embeddedFaults(read.value, node, path) : [invalidValue(path, value, read.fault)]
}

/** A part of the metadata is right when the whole is. */
function metadataFaults(value: unknown, path: string, { schema, surround }: Around): FieldError[] {
  const node = schemaFromOpenApi(schema)
  const { value: object, fault } = readEmbedded(surround(value), node)
  const faults = fault === undefined ? embeddedFaults(object, node) : []
  const texts = fault === undefined ? faults.map(({ field, message }) => `${field}: ${message}`) : [fault]
  if (texts.length === 0) return []
  const text = texts.length === 1 ? texts[0] : `[${texts.join(', ')}]`
  return [invalidValue(path, value, `must result in valid metadata: ${text}`)]
}
