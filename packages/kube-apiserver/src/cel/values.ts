import { isObject, type SchemaNode } from '@slipway/kube-objects'
import { compileExpression } from './expression.ts'

/** A JSON value as expressions see it where no schema tells more: whole numbers are ints (BigInt). */
export function celValue(value: unknown): unknown {
  return schemaValue(value, undefined)
}

/**
 * A JSON value as the rules of its schema see it: numbers and texts have the schema's type, and fields that it names are
 * known by their escaped names (apiserver's cel/common/schemas.go).
 */
export function schemaValue(value: unknown, schema: SchemaNode | undefined): unknown {
  if (typeof value === 'number') {
    return Number.isInteger(value) && schema?.type !== 'number' ? BigInt(value) : value
  }
  if (typeof value === 'string') return textValue(value, schema)
  if (Array.isArray(value)) return value.map((item) => schemaValue(item, schema?.items))
  if (!isObject(value)) return value ?? null
  const { properties = {}, additional } = schema ?? {}
  const keywords: string[] = []
  const seen = Object.fromEntries(
    Object.entries(value).map(([field, child]) => {
      const named = Object.hasOwn(properties, field) ? properties[field] : undefined
      if (named && keywordField(field)) keywords.push(field)
      return [named ? escapedField(field) : field, schemaValue(child, named ?? additional)]
    }),
  )
  // Behind a dot, a word of CEL can be written as it is.
  for (const field of keywords) Object.defineProperty(seen, field, { value: seen[escapedField(field)] })
  return seen
}

const CONVERSIONS: Record<string, string> = { 'date-time': 'timestamp', duration: 'duration' }

function textValue(text: string, schema: SchemaNode | undefined): unknown {
  if (schema?.type !== 'string') return text
  const { format = '' } = schema
  try {
    if (format === 'byte') return Buffer.from(text, 'base64')
    if (format === 'date') return new Date(`${text}T00:00:00Z`)
    const convert = CONVERSIONS[format]
    return convert ? compileExpression(`${convert}(self)`, ['self']).evaluate({ self: text }) : text
  } catch {
    // What is no value of its format is the schema's affair.
    return text
  }
}

const RESERVED = new Set(
  'true false null in as break const continue else for function if import let loop package namespace return var void while'.split(
    ' ',
  ),
)
const ESCAPES: Record<string, string> = { __: '__underscores__', '.': '__dot__', '-': '__dash__', '/': '__slash__' }

/** The identifier of a field whose name is a word of CEL. */
export function keywordField(field: string): string | undefined {
  return RESERVED.has(field) ? `__${field}__` : undefined
}

/** A field's name as an identifier (apiserver's cel/escaping.go): `x-y` is `x__dash__y`, `namespace` is `__namespace__`. */
export function escapedField(field: string): string {
  return keywordField(field) ?? field.replaceAll(/__|[./-]/g, (part) => ESCAPES[part] ?? part)
}
