import { sprintf } from '@slipway/go-template'
import { isTable, type Values } from '../values/value.ts'
import { type Schema, type SchemaDocument, schemaAddress } from './document.ts'
import { failureText } from './failure.ts'
import { metaschema } from './metaschemas.ts'
import { compilePattern } from './pattern.ts'
import { subschemasOf } from './subschemas.ts'
import { validate } from './validate.ts'

/**
 * Checks that a schema can be used: that it fits the schema of its draft, that its references lead somewhere and that
 * its patterns are regular expressions. Throws an Error in the words of santhosh-tekuri/jsonschema.
 */
export function checkSchema(document: SchemaDocument): void {
  checkMeta(document, document.root, '')
  const seen = new Set<Schema>()
  const waiting: { schema: Schema; pointer: string }[] = [{ schema: document.root, pointer: '' }]
  // The list grows while it is gone through.
  for (const { schema, pointer } of waiting) {
    if (!isTable(schema) || seen.has(schema)) continue
    seen.add(schema)
    for (const keyword of ['$ref', '$recursiveRef', '$dynamicRef']) {
      const reference = schema[keyword]
      if (typeof reference !== 'string') continue
      const { schema: target, fragment, isPlaced } = document.resolve(reference, schema)
      if (!isPlaced) checkMeta(document, target, fragment)
      waiting.push({ schema: target, pointer: fragment })
    }
    if (document.draft < 2019 && schema.$ref !== undefined) continue
    checkPatterns(schema, pointer)
    for (const { keys, schema: inner } of subschemasOf(schema)) {
      if (keys[0] === 'definitions' || keys[0] === '$defs') continue
      waiting.push({ schema: inner, pointer: `${pointer}/${keys.map(escapeKey).join('/')}` })
    }
  }
}

function escapeKey(key: string): string {
  return key.replaceAll('~', '~0').replaceAll('/', '~1')
}

function checkMeta({ draft }: SchemaDocument, schema: Schema, fragment: string): void {
  const { document, address } = metaschema(draft)
  const failures = validate(document, schema, { assertsFormats: true })
  if (failures.length === 0) return
  const place = sprintf('%q', `${schemaAddress}#${fragment}`)
  throw new Error(
    `${place} is not valid against metaschema: jsonschema validation failed with '${address}#'\n${failureText(failures)}`,
  )
}

function checkPatterns({ patternProperties, pattern }: Values, pointer: string): void {
  const all: [string, unknown][] = isTable(patternProperties)
    ? Object.keys(patternProperties).map((key) => ['patternProperties', key])
    : []
  for (const [keyword, text] of [...all, ['pattern', pattern] as const]) {
    if (typeof text !== 'string') continue
    try {
      compilePattern(text)
    } catch (error) {
      const place = sprintf('%q at %q', text, `${schemaAddress}#${pointer}/${keyword}`)
      throw new Error(`invalid regex ${place}: ${error instanceof Error ? error.message : String(error)}`)
    }
  }
}
