import type { FieldError } from '../../api/status.ts'
import type { Spec } from '../../defaults/spec.ts'
import { duplicate, invalidValue, required, tooMany } from '../../validation/field-errors.ts'
import { isSchema, type JsonSchema } from '../schema-rules/json-schema.ts'

const MOST = 8
const SELECTABLE = ['string', 'boolean', 'integer']

/** What is wrong with the fields by which objects shall be selected. */
export function selectableFieldFaults(fields: readonly Spec[], schema: JsonSchema, path: string): FieldError[] {
  const known = new Set<string>()
  const faults = fields.flatMap(({ jsonPath = '' }, index) => {
    const field = `${path}[${index}].jsonPath`
    if (jsonPath === '') return [required(field)]
    const found = fieldAt(schema, jsonPath)
    if (typeof found === 'string') return [invalidValue(field, jsonPath, `is an invalid path: ${found}`)]
    const own: FieldError[] = []
    if (found.root === 'metadata') own.push(invalidValue(field, jsonPath, 'must not point to fields in metadata'))
    if (!SELECTABLE.includes(found.schema?.type ?? '')) {
      const why =
        'must point to a field of type string, boolean or integer. Enum string fields and strings with formats are allowed.'
      own.push(invalidValue(field, jsonPath, why))
    }
    if (known.has(found.path)) own.push(duplicate(field, jsonPath))
    known.add(found.path)
    return own
  })
  return known.size > MOST ? [...faults, tooMany(path, known.size, MOST)] : faults
}

interface Found {
  root: string
  path: string
  schema: JsonSchema | undefined
}

const NOWHERE = 'does not refer to a valid field'

/** The schema at a path in dots, or what is wrong with the path (cel.ValidFieldPath, without its brackets). */
function fieldAt(root: JsonSchema, jsonPath: string): Found | string {
  const tokens = jsonPath.match(/[.[\]]|'(?:[^'\\]|\\.)*'|[^.[\]]+/g) ?? []
  const found: Found = { root: '', path: '', schema: root }
  for (let at = 0; at < tokens.length; at += 2) {
    if (tokens[at] === '[') return 'array notation is not allowed'
    if (tokens[at] !== '.') return `expected [ or . but got: ${tokens[at]}`
    const name = tokens[at + 1]
    if (name === undefined) return 'unexpected end of JSON path'
    const { properties, additionalProperties }: JsonSchema = found.schema ?? {}
    if (properties) {
      if (!Object.hasOwn(properties, name)) return NOWHERE
      found.schema = properties[name]
      found.path += `.${name}`
    } else if (additionalProperties !== undefined) {
      found.schema = isSchema(additionalProperties) ? additionalProperties : undefined
      found.path += `[${name}]`
    } else return NOWHERE
    found.root ||= name
  }
  return found
}
