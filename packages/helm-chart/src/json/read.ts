import { wellFormed } from '../encoding.ts'
import { fromJson } from '../values/value.ts'
import { firstJsonEnd, jsonFault } from './syntax.ts'

const stringOrNumber = /"(?:[^"\\]+|\\.)*"|-?\d[\d.]*(?:[eE][+-]?\d+)?/g

/** JSON text as values. Throws an Error with Go's text. */
export function readJson(text: string): unknown {
  const value = parseJson(text)
  if (hasInfinity(value)) {
    const number = text
      .match(stringOrNumber)
      ?.find((literal) => !/^"/.test(literal) && !Number.isFinite(Number(literal)))
    throw new Error(`json: cannot unmarshal number ${number} into Go value of type float64`)
  }
  return fromJson(value)
}

/** As JSON.parse, with Go's words for what is wrong. */
export function parseJson(text: string): unknown {
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

/** The first value of a text, and where it ends. Throws an Error with the text of Go's json.Decoder. */
export function readFirstJson(text: string): { value: unknown; end: number } {
  const end = firstJsonEnd(text)
  return { value: readJson(text.slice(0, end)), end }
}
