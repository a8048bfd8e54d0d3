import { asNil, isMap, withSignature } from '@slipway/go-template'
import { compareStrings } from '../encoding.ts'
import { emptyValues, fromJson } from '../values/value.ts'
import { jsonFault } from './json-syntax.ts'
import { isInStructOrder, plain } from './plain.ts'
import { wellFormed } from './runes.ts'
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
  // Both write a lone surrogate, which is a byte that is not UTF-8, as an escape; Go's is always the same.
  const quoted = JSON.stringify(text).replaceAll(/(?<!\\)((?:\\\\)*)\\ud[c-f][0-9a-f]{2}/g, '$1\\ufffd')
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

/** JSON text as values. Throws an Error with Go's text. */
export function readJson(text: string): unknown {
  const value = parseJson(text)
  if (hasInfinity(value)) {
    const number = text.match(/-?\d[\d.]*[eE]\+?\d+/g)?.find((literal) => !Number.isFinite(Number(literal)))
    throw new Error(`json: cannot unmarshal number ${number} into Go value of type float64`)
  }
  return fromJson(value)
}

function parseJson(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text)
    return loneEscape.test(text) ? withoutHalves(value) : value
  } catch {
    throw new Error(jsonFault(text) ?? 'unexpected end of JSON input')
  }
}

const loneEscape = /\\u[dD][89a-fA-F]/

/** Go reads an escape of half a character as U+FFFD. */
function withoutHalves(value: unknown): unknown {
  if (typeof value === 'string') return wellFormed(value)
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map(withoutHalves)
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [wellFormed(key), withoutHalves(item)]))
}

function hasInfinity(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return value === Infinity || value === -Infinity
  return Object.values(value).some(hasInfinity)
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
    return readJsonAs(text, isMap, 'map[string]interface {}') ?? asNil(emptyValues())
  } catch (error) {
    return Object.assign(emptyValues(), { Error: (error as Error).message })
  }
}

function fromJsonArray(text: string): unknown {
  try {
    return readJsonAs(text, Array.isArray, '[]interface {}') ?? asNil([])
  } catch (error) {
    return [(error as Error).message]
  }
}

/** null, or what the type holds. */
function readJsonAs(text: string, fits: (value: unknown) => boolean, goType: string): unknown {
  const value = parseJson(text)
  if (value === null) return null
  if (fits(value)) return readJson(text)
  throw new Error(`json: cannot unmarshal ${kindName(value)} into Go value of type ${goType}`)
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
