import { sortedKeys } from '@slipway/go-template'
import { isInStructOrder, plain } from '../functions/plain.ts'

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
  return isInStructOrder(value) ? Object.keys(value) : sortedKeys(value)
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
