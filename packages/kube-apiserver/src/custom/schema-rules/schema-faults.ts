import type { FieldError } from '../../api/status.ts'
import { forbiddenField, invalidValue } from '../../validation/field-errors.ts'
import { goFieldsOf, schemaInGo } from '../definition/go-form.ts'
import { ruleFaults } from '../rule-faults.ts'
import { defaultFaults } from './default-rules.ts'
import { type JsonSchema, logicalParts, structuralParts } from './json-schema.ts'
import { openApiFaults } from './openapi-rules.ts'
import { structuralFaults } from './structural.ts'

/** What is known of a schema besides itself. */
interface SchemaContext {
  /** Its version has the status subresource. */
  hasStatus: boolean
  /** The definition had it before: its rules, which are dear to check, have been checked. */
  isKnown: boolean
}

/** What is wrong with the schema of a version (validateCustomResourceDefinitionValidation). */
export function schemaFaults(schema: JsonSchema, at: string, { hasStatus, isKnown }: SchemaContext): FieldError[] {
  const path = `${at}.openAPIV3Schema`
  const unreadable = unreadableSchema(schema)
  const structural = unreadable === undefined ? structuralFaults(schema, path) : []
  const isStructural = unreadable === undefined && structural.length === 0
  const defaults = isStructural ? defaultFaults(schema, path) : []
  const openApi = openApiFaults(schema, path)
  const isSound = isStructural && defaults.length === 0 && openApi.length === 0
  const faults = [
    ...(hasStatus ? rootFaults(schema, path) : []),
    ...(schema.nullable ? [forbiddenField(`${path}.nullable`, 'nullable cannot be true at the root')] : []),
    ...structural,
    ...defaults,
    ...openApi,
    ...(isKnown ? [] : ruleFaults(schema, path, isSound)),
  ]
  return faults.length === 0 && unreadable !== undefined ? [invalidValue(path, '', unreadable)] : faults
}

const ROOT_FIELDS =
  'Description Type Format Title Maximum ExclusiveMaximum Minimum ExclusiveMinimum MaxLength MinLength Pattern MaxItems MinItems UniqueItems MultipleOf Required Items Properties ExternalDocs Example XPreserveUnknownFields XValidations'

/** Beside the status, which is written apart, nothing of the root may be lost. */
function rootFaults(schema: JsonSchema, path: string): FieldError[] {
  const suffix = 'if the status subresource is enabled'
  for (const field of goFieldsOf(schema)) {
    if (field === 'Type' && schema.type !== 'object') {
      return [
        invalidValue(
          `${path}.type`,
          schema.type,
          `only "object" is allowed as the type at the root of the schema ${suffix}`,
        ),
      ]
    }
    if (!ROOT_FIELDS.split(' ').includes(field)) {
      const why = `only [${ROOT_FIELDS}] fields are allowed at the root of the schema ${suffix}`
      return [invalidValue(path, schemaInGo(schema), why)]
    }
  }
  return []
}

const UNREADABLE = [
  ['id', 'id'],
  ['$schema', 'schema'],
  ['$ref', '$ref'],
  ['patternProperties', 'patternProperties'],
  ['dependencies', 'dependencies'],
  ['additionalItems', 'additionalItems'],
  ['definitions', 'definitions'],
] as const

/** What keeps a schema from being read as one that could be structural (NewStructural), the first thing found. */
export function unreadableSchema(schema: JsonSchema): string | undefined {
  for (const [name, shown] of UNREADABLE) {
    if (schema[name] !== undefined) return `OpenAPIV3Schema '${shown}' is not supported`
  }
  if (schema['x-kubernetes-preserve-unknown-fields'] === false) {
    return "internal error: 'x-kubernetes-preserve-unknown-fields' must be true or undefined"
  }
  if (Array.isArray(schema.items)) {
    return "OpenAPIV3Schema 'items' must be a schema, but is an array"
  }
  for (const [, part] of [...logicalParts(schema, ''), ...structuralParts(schema, '')]) {
    const fault = unreadableSchema(part)
    if (fault !== undefined) return fault
  }
  return undefined
}
