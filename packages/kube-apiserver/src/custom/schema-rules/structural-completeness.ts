import type { FieldError } from '../../api/status.ts'
import { required } from '../../validation/field-errors.ts'
import { isSchema, type JsonSchema, logicalParts } from './json-schema.ts'

/** A schema that restricts, and the structure of what it restricts; each with its path. */
interface Pair {
  restricting: JsonSchema
  at: string
  structure: JsonSchema | undefined
  path: string
}

/** What `allOf`, `anyOf`, `oneOf` and `not` of the root restrict without its being a part of the structure. */
export function undefinedParts(schema: JsonSchema, path: string): FieldError[] {
  return ofValue({ restricting: schema, at: path, structure: schema, path })
}

function ofValue({ restricting, at, structure, path }: Pair): FieldError[] {
  return logicalParts(restricting, at).flatMap(([inner, part]) =>
    ofPart({ restricting: part, at: inner, structure, path }),
  )
}

function ofPart({ restricting, at, structure, path }: Pair): FieldError[] {
  if (!structure) return [required(path, `because it is defined in ${at}`)]
  const { items, properties = {} } = restricting
  const own = isSchema(structure.items) ? structure.items : undefined
  return [
    ...ofValue({ restricting, at, structure, path }),
    ...(isSchema(items)
      ? ofPart({ restricting: items, at: `${at}.items`, structure: own, path: `${path}.items` })
      : []),
    ...Object.entries(properties).flatMap(([name, part]) => {
      const field = `properties[${name}]`
      const known = structure.properties?.[name]
      return ofPart({ restricting: part, at: `${at}.${field}`, structure: known, path: `${path}.${field}` })
    }),
  ]
}
