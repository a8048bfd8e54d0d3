import { sprintf } from '@slipway/go-template'
import { isTable, type Values } from '../values/value.ts'
import { type SchemaDocument, schemaAddress } from './document.ts'
import { failureText } from './failure.ts'
import { type Schema, subschemasOf } from './keywords.ts'
import { metaschema } from './metaschemas.ts'
import { compilePattern } from './pattern.ts'
import { validate } from './validate.ts'

/**
 * Checks that a schema can be used: that it fits the schema of its draft, that its references lead somewhere and that
 * its patterns are regular expressions. Throws an Error in the words of santhosh-tekuri/jsonschema.
 */
export function checkSchema(document: SchemaDocument): void {
  checkMeta(document, document.root, '')
  const seen = new Set<Schema>()
  const waiting = [document.root]
  // The list grows while it is gone through.
  for (const schema of waiting) {
    if (!isTable(schema) || seen.has(schema)) continue
    seen.add(schema)
    const { keywords, pointer, resource } = document.place(schema)
    for (const keyword of ['$ref', '$recursiveRef', '$dynamicRef']) {
      const reference = keywords[keyword]
      if (typeof reference !== 'string') continue
      const { schema: target, fragment, isStray } = document.resolve(reference, resource)
      if (isStray) checkMeta(document, target, fragment)
      waiting.push(target)
    }
    checkPatterns(keywords, pointer)
    for (const { keys, schema: inner } of subschemasOf(keywords, document.draft)) {
      // What only stands there to be referred to is checked where it is.
      if (keys[0] !== 'definitions' && keys[0] !== '$defs') waiting.push(inner)
    }
  }
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
  for (const key of isTable(patternProperties) ? Object.keys(patternProperties) : []) {
    checkPattern(key, `${pointer}/patternProperties`)
  }
  if (typeof pattern === 'string') checkPattern(pattern, `${pointer}/pattern`)
}

function checkPattern(text: string, pointer: string): void {
  try {
    compilePattern(text)
  } catch (error) {
    const place = sprintf('%q at %q', text, `${schemaAddress}#${pointer}`)
    throw new Error(`invalid regex ${place}: ${error instanceof Error ? error.message : String(error)}`)
  }
}
