import { Emitter } from './emitter.ts'
import { formatFloat } from './go-number.ts'
import { needsQuotes } from './resolve.ts'
import { goyamlV3 } from './scalar-shape.ts'
import { compareKeysV3 } from './sort-keys.ts'
import { maxDepth, unrepresentable } from './stringify.ts'

/** Text that is written as it is, for values whose form YAML knows, such as dates. */
export class PlainScalar {
  readonly text: string

  constructor(text: string) {
    this.text = text
  }
}

/**
 * The YAML text that goyaml v3 encodes a value to with two spaces, a newline at the end: lists in maps are indented, nothing
 * folds, floats are written as floats. Takes bigint as an integer, number as float64, a Map as a struct whose fields
 * keep their order; bytes that are not UTF-8 (U+DC80..U+DCFF) make a string binary. Throws UserError YAML_UNREPRESENTABLE.
 */
export function stringifyV3(value: unknown): string {
  const emitter = new Emitter(goyamlV3)
  writeNode(emitter, value, false, 0)
  return emitter.finish()
}

function writeNode(emitter: Emitter, value: unknown, isMapValue: boolean, depth: number): void {
  if (depth > maxDepth) throw unrepresentable('a value nested deeper than 1000 levels')
  if (typeof value === 'string') writeString(emitter, value, false)
  else if (Array.isArray(value)) writeSequence(emitter, value, isMapValue, depth)
  else if (value instanceof Map) writePairs(emitter, Array.from(value), depth)
  else if (value instanceof PlainScalar) emitter.scalar(value.text, 'plain', false)
  else if (typeof value === 'object' && value !== null) writeMap(emitter, value as Record<string, unknown>, depth)
  else emitter.scalar(scalarText(value), 'plain', false)
}

function scalarText(value: unknown): string {
  switch (typeof value) {
    case 'number':
      return formatFloat(value)
    case 'bigint':
    case 'boolean':
      return String(value)
    case 'undefined':
    case 'object':
      return 'null'
    default:
      throw unrepresentable(`a ${typeof value}`)
  }
}

const rawByte = /[\ud800-\udfff]/u

function writeString(emitter: Emitter, text: string, isSimpleKey: boolean): void {
  if (rawByte.test(text)) {
    emitter.tag('!!binary')
    const encoded = base64Of(text)
    emitter.scalar(encoded, encoded.includes('\n') ? 'literal' : 'plain', isSimpleKey)
    return
  }
  emitter.scalar(text, text.includes('\n') ? 'literal' : needsQuotes(text) ? 'double' : 'plain', isSimpleKey)
}

/** Base64 of a string's bytes, in lines of 70 when there is more than one. */
function base64Of(text: string): string {
  const utf8 = new TextEncoder()
  const bytes = Array.from(text, (char) => {
    const code = char.charCodeAt(0)
    return code >= 0xdc80 && code <= 0xdcff ? [code - 0xdc00] : [...utf8.encode(char)]
  }).flat()
  const encoded = btoa(String.fromCharCode(...bytes))
  return encoded.length < 70 ? encoded : encoded.replaceAll(/.{1,70}/g, '$&\n')
}

function writeSequence(emitter: Emitter, items: readonly unknown[], isMapValue: boolean, depth: number): void {
  if (items.length === 0) {
    emitter.empty('[]')
    return
  }
  emitter.nested(isMapValue, () => {
    for (const item of items) {
      emitter.item('-')
      writeNode(emitter, item, false, depth + 1)
    }
  })
}

function writeMap(emitter: Emitter, map: Record<string, unknown>, depth: number): void {
  const keys = Object.keys(map).sort(compareKeysV3)
  writePairs(
    emitter,
    keys.map((key) => [key, map[key]]),
    depth,
  )
}

function writePairs(emitter: Emitter, pairs: readonly (readonly [string, unknown])[], depth: number): void {
  if (pairs.length === 0) {
    emitter.empty('{}')
    return
  }
  emitter.nested(false, () => {
    for (const [key, value] of pairs) {
      writeKey(emitter, key)
      writeNode(emitter, value, true, depth + 1)
    }
  })
}

function writeKey(emitter: Emitter, key: string): void {
  if (emitter.isSimpleKey(key)) {
    emitter.startKey()
    writeString(emitter, key, true)
    emitter.colon()
    return
  }
  emitter.item('?')
  writeString(emitter, key, false)
  emitter.item(':')
}
