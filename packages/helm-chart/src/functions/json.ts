import { isMap, withSignature } from '@slipway/go-template'
import { compareStrings } from '../encoding.ts'
import { fromJson } from '../values/value.ts'
import { isInStructOrder, plain } from './plain.ts'
import type { FunctionTable } from './table.ts'

/** How encoding/json writes. */
interface JsonStyle {
  /** Spaces of one level; without it everything is on one line. */
  readonly indent?: number
  /** Writes `<`, `>` and `&` as they are. */
  readonly rawHtml?: boolean
}

/** A value as Go's encoding/json writes it: sorted keys, escaped HTML. Throws an Error on infinity and NaN. */
export function writeJson(value: unknown, style: JsonStyle = {}): string {
  return write(plain(value), style, '')
}

function write(value: unknown, style: JsonStyle, margin: string): string {
  if (value === null || value === undefined) return 'null'
  switch (typeof value) {
    case 'string':
      return writeText(value, style)
    case 'number':
      return writeNumber(value)
    case 'object':
      return writeObject(value, style, margin)
    default:
      return String(value)
  }
}

function writeNumber(value: number): string {
  if (!Number.isFinite(value))
    throw new Error(`json: unsupported value: ${Number.isNaN(value) ? 'NaN' : value > 0 ? '+Inf' : '-Inf'}`)
  return Object.is(value, -0) ? '-0' : String(value)
}

const htmlEscapes: Record<string, string> = { '<': '\\u003c', '>': '\\u003e', '&': '\\u0026' }

function writeText(text: string, style: JsonStyle): string {
  const quoted = JSON.stringify(text.replaceAll(/[\ud800-\udfff]/gu, '\ufffd'))
  const escaped = quoted.replaceAll('\u2028', '\\u2028').replaceAll('\u2029', '\\u2029')
  return style.rawHtml ? escaped : escaped.replaceAll(/[<>&]/g, (char) => htmlEscapes[char] ?? char)
}

function keysOf(value: object): string[] {
  return isInStructOrder(value) ? Object.keys(value) : Object.keys(value).sort(compareStrings)
}

function writeObject(value: object, style: JsonStyle, margin: string): string {
  const isList = Array.isArray(value)
  const [open, close] = isList ? ['[', ']'] : ['{', '}']
  const inner = style.indent === undefined ? '' : margin + ' '.repeat(style.indent)
  const colon = style.indent === undefined ? ':' : ': '
  const items = isList
    ? value.map((item) => write(item, style, inner))
    : keysOf(value).map(
        (key) => writeText(key, style) + colon + write((value as Record<string, unknown>)[key], style, inner),
      )
  if (items.length === 0) return open + close
  if (style.indent === undefined) return `${open}${items.join(',')}${close}`
  return `${open}\n${inner}${items.join(`,\n${inner}`)}\n${margin}${close}`
}

/** JSON text as values. Throws an Error with a text like Go's. */
export function readJson(text: string): unknown {
  try {
    return fromJson(JSON.parse(text))
  } catch (error) {
    throw new Error(goSyntaxError(text, error))
  }
}

function goSyntaxError(text: string, error: unknown): string {
  const message = error instanceof Error ? error.message : String(error)
  if (text.trim() === '' || /end of JSON input|Unterminated/.test(message)) return 'unexpected end of JSON input'
  const position = Number(/position (\d+)/.exec(message)?.[1] ?? 0)
  const char = text[position] ?? text[0] ?? ''
  const shown = char === "'" ? "'\\''" : `'${JSON.stringify(char).slice(1, -1).replaceAll('\\"', '"')}'`
  if (position > 0 && text.slice(0, position).trim() !== '' && /^[\s]*[{[]/.test(text) === false) {
    return `invalid character ${shown} after top-level value`
  }
  return `invalid character ${shown} looking for beginning of value`
}

function orEmpty(write: () => string): string {
  try {
    return write()
  } catch {
    return ''
  }
}

function kindName(value: unknown): string {
  if (Array.isArray(value)) return 'array'
  return { string: 'string', number: 'number', boolean: 'bool' }[typeof value as string] ?? 'object'
}

/** Helm's fromJson: what is no object gives a map with the reason under `Error`. */
function fromJsonObject(text: string): unknown {
  try {
    const value = readJson(text)
    if (value === null) return Object.create(null)
    if (isMap(value)) return value
    throw new Error(`json: cannot unmarshal ${kindName(value)} into Go value of type map[string]interface {}`)
  } catch (error) {
    return Object.assign(Object.create(null), { Error: (error as Error).message })
  }
}

function fromJsonArray(text: string): unknown {
  try {
    const value = readJson(text)
    if (value === null) return []
    if (Array.isArray(value)) return value
    throw new Error(`json: cannot unmarshal ${kindName(value)} into Go value of type []interface {}`)
  } catch (error) {
    return [(error as Error).message]
  }
}

const pretty = { indent: 2 }
const raw = { rawHtml: true }

/** JSON as Helm and Sprig read and write it. */
export const jsonFunctions: FunctionTable = {
  toJson: withSignature(['any'], (value: unknown) => orEmpty(() => writeJson(value))),
  mustToJson: withSignature(['any'], (value: unknown) => writeJson(value)),
  toPrettyJson: withSignature(['any'], (value: unknown) => orEmpty(() => writeJson(value, pretty))),
  mustToPrettyJson: withSignature(['any'], (value: unknown) => writeJson(value, pretty)),
  toRawJson: withSignature(['any'], (value: unknown) => writeJson(value, raw)),
  mustToRawJson: withSignature(['any'], (value: unknown) => writeJson(value, raw)),
  fromJson: withSignature(['string'], fromJsonObject),
  mustFromJson: withSignature(['string'], readJson),
  fromJsonArray: withSignature(['string'], fromJsonArray),
}
