import type { FieldError } from '../../api/status.ts'
import { forbiddenField, invalidValue, notSupported } from '../../validation/field-errors.ts'
import { isSchema, type JsonSchema, logicalParts, type Part } from './json-schema.ts'
import { listFaults, mapTypeFaults } from './list-rules.ts'

const TYPES = ['array', 'boolean', 'integer', 'number', 'object', 'string']
const META_FIELDS = ['metadata', 'kind', 'apiVersion']

/** What holds for a schema because of where it is. */
interface Place {
  path: string
  isRoot?: boolean
  /** Why there may be no default here. */
  noDefaults?: string
  /** Of the metadata of an object, which the server has a schema for. */
  insideMetadata?: boolean
}

/** What of OpenAPI a CustomResourceDefinition may not use, or uses wrongly (ValidateCustomResourceDefinitionOpenAPISchema). */
export function openApiFaults(schema: JsonSchema, path: string): FieldError[] {
  return faultsOf(schema, { path, isRoot: true })
}

function faultsOf(schema: JsonSchema, place: Place): FieldError[] {
  const { path } = place
  const preserve = schema['x-kubernetes-preserve-unknown-fields']
  return [
    ...unsupported(schema, place),
    ...(schema.uniqueItems
      ? [
          forbiddenField(
            `${path}.uniqueItems`,
            'uniqueItems cannot be set to true since the runtime complexity becomes quadratic',
          ),
        ]
      : []),
    ...additional(schema, place),
    ...fields(schema, place),
    ...otherParts(schema, path).flatMap(([at, part]) => faultsOf(part, { ...place, path: at, isRoot: false })),
    ...(preserve === false
      ? [invalidValue(`${path}.x-kubernetes-preserve-unknown-fields`, false, 'must be true or undefined')]
      : []),
    ...mapTypeFaults(schema, path),
    ...listFaults(schema, path),
  ]
}

const UNSUPPORTED = ['id', 'additionalItems', 'patternProperties', 'definitions', 'dependencies', '$ref'] as const

function unsupported(schema: JsonSchema, { path, noDefaults, insideMetadata }: Place): FieldError[] {
  const { type, items } = schema
  const faults: FieldError[] = []
  const forbid = (field: string, why: string): void => void faults.push(forbiddenField(`${path}.${field}`, why))
  if (type && !TYPES.includes(type)) faults.push(notSupported(`${path}.type`, type, TYPES))
  if (schema.default !== undefined && noDefaults) forbid('default', `must not be set ${noDefaults}`)
  for (const name of UNSUPPORTED) if (schema[name] !== undefined) forbid(name, `${name} is not supported`)
  if (type === 'null') forbid('type', 'type cannot be set to null, use nullable as an alternative')
  if (Array.isArray(items)) forbid('items', 'items must be a schema object and not an array')
  if (insideMetadata && schema['x-kubernetes-embedded-resource']) {
    forbid('x-kubernetes-embedded-resource', 'must not be used inside of resource meta')
  }
  return faults
}

/** Fields are of structs, other keys are of maps: nothing is both. */
function additional({ additionalProperties, properties }: JsonSchema, place: Place): FieldError[] {
  if (additionalProperties === undefined) return []
  const path = `${place.path}.additionalProperties`
  const isBoth = properties !== undefined && additionalProperties !== true
  const noDefaults = 'inside additionalProperties applying to object metadata'
  return [
    ...(isBoth ? [forbiddenField(path, 'additionalProperties and properties are mutual exclusive')] : []),
    ...(isSchema(additionalProperties)
      ? faultsOf(additionalProperties, { ...place, path, isRoot: false, ...(place.insideMetadata && { noDefaults }) })
      : []),
  ]
}

function fields({ properties = {}, ...schema }: JsonSchema, place: Place): FieldError[] {
  const { path, isRoot = false } = place
  const isObject = isRoot || schema['x-kubernetes-embedded-resource'] === true
  return Object.entries(properties).flatMap(([name, part]) =>
    faultsOf(part, {
      ...place,
      path: `${path}.properties[${name}]`,
      isRoot: false,
      ...(isObject && META_FIELDS.includes(name) && { insideMetadata: true }),
      ...(isRoot && META_FIELDS.includes(name) && { noDefaults: `in top-level ${name}` }),
    }),
  )
}

/** Every other schema inside, supported or not. */
function otherParts(schema: JsonSchema, path: string): Part[] {
  const { definitions = {}, dependencies = {}, items } = schema
  const named = (name: string, given: object): Part[] =>
    Object.entries(given)
      .filter(([, one]) => isSchema(one))
      .map(([key, one]) => [`${path}.${name}[${key}]`, one as JsonSchema] as const)
  return [
    ...logicalParts(schema, path),
    ...named('definitions', definitions),
    ...(isSchema(items) ? [[`${path}.items`, items] as const] : []),
    ...(Array.isArray(items) ? items.map((one, index) => [`${path}.items[${index}]`, one] as const) : []),
    ...named('dependencies', dependencies),
  ]
}
