import { UserError } from '@slipway/errors'
import { Emitter } from './emitter.ts'
import { formatFloat } from './go-number.ts'
import { needsQuotes } from './resolve.ts'
import { goyamlV2 } from './scalar-shape.ts'
import { sortKeys } from './sort-keys.ts'

/** Data nested deeper than this is cyclic or hostile. */
export const maxDepth = 1000

/**
 * The YAML text that sigs.k8s.io/yaml's Marshal writes for a value, a newline at the end: sorted keys, Go's numbers,
 * quoting and folding. Takes JSON data, bigint as an integer, Uint8Array as base64; objects with a `toJSON` method
 * of their class as what it returns; undefined as null. Throws UserError YAML_UNREPRESENTABLE.
 */
export function stringify(value: unknown): string {
  const emitter = new Emitter(goyamlV2)
  writeNode(emitter, value, false, 0)
  return emitter.finish()
}

function writeNode(emitter: Emitter, input: unknown, isMapValue: boolean, depth: number): void {
  if (depth > maxDepth) throw unrepresentable('a value nested deeper than 1000 levels')
  const value = jsonOf(input)
  if (typeof value === 'string') {
    writeString(emitter, value, false)
    return
  }
  if (typeof value !== 'object' || value === null) {
    emitter.scalar(scalarText(value), 'plain', false)
    return
  }
  if (Array.isArray(value)) {
    writeSequence(emitter, value, isMapValue, depth)
    return
  }
  writeMap(emitter, value as Record<string, unknown>, depth)
  return
}

/** What Go's json.Marshal would make of a value that is not plain data. */
function jsonOf(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  if (value instanceof Uint8Array) return btoa(Array.from(value, (byte) => String.fromCharCode(byte)).join(''))
  const { toJSON } = value as { toJSON?: unknown }
  return typeof toJSON === 'function' && !Object.hasOwn(value, 'toJSON') ? toJSON.call(value) : value
}

/** JSON has one kind of number; goyaml reads back an integer wherever 64 bits hold it. */
function scalarText(value: unknown): string {
  switch (typeof value) {
    case 'number':
      return numberText(value)
    case 'bigint':
      return integerText(value)
    case 'boolean':
      return String(value)
    case 'undefined':
    case 'object':
      return 'null'
    default:
      throw unrepresentable(`a ${typeof value}`)
  }
}

function numberText(value: number): string {
  if (!Number.isFinite(value)) throw unrepresentable(String(value))
  // json.Marshal writes no exponent below 1e21, so such numbers come back as integers.
  return Number.isInteger(value) && Math.abs(value) < 1e21 ? integerText(BigInt(String(value))) : formatFloat(value)
}

function integerText(value: bigint): string {
  return value < 2n ** 64n && value >= -(2n ** 63n) ? value.toString() : formatFloat(Number(value))
}

export function unrepresentable(what: string): UserError {
  return new UserError('YAML_UNREPRESENTABLE', `YAML cannot hold ${what}`)
}

function writeString(emitter: Emitter, input: string, isSimpleKey: boolean): void {
  const text = throughJson(input)
  emitter.scalar(text, text.includes('\n') ? 'literal' : needsQuotes(text) ? 'double' : 'plain', isSimpleKey)
}

const loneSurrogates = /[\ud800-\udfff]/gu
const unreadable = /[\x7f-\x84\x86-\x9f\ufffe\uffff]/
/** What any of this is about; most texts have nothing of it. */
const affected = /[\x7f-\x9f\ud800-\udfff\ufffe\uffff]/
const rawBreaks = / *\x85(?: *\x85)* */g

/**
 * A string as it comes back when goyaml reads what json.Marshal wrote: some control characters are refused, and
 * U+0085, which JSON does not escape, is a line break that gets folded.
 */
function throughJson(text: string): string {
  if (!affected.test(text)) return text
  if (unreadable.test(text)) throw unrepresentable('control characters')
  const folded = text.includes('\x85')
    ? text.replace(rawBreaks, (run) => '\n'.repeat(run.replaceAll(' ', '').length - 1) || ' ')
    : text
  return folded.replace(loneSurrogates, '\ufffd')
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
  const keys = sortKeys(Object.keys(map))
  if (keys.length === 0) {
    emitter.empty('{}')
    return
  }
  emitter.nested(false, () => {
    for (const key of keys) {
      writeKey(emitter, key)
      writeNode(emitter, map[key], true, depth + 1)
    }
  })
}

/** goyaml reads JSON keys of one line and at most 1024 characters. */
function writeKey(emitter: Emitter, key: string): void {
  if (key.includes('\x85') || JSON.stringify(key).length > 1024) throw unrepresentable('such a long or broken key')
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
