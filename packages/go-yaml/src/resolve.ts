import { isTimestamp } from './timestamp.ts'

/** What a plain scalar means, as goyaml v2's resolve: YAML 1.1 booleans, no base 60, dates stay text. */

/** A scalar's value; a bigint is an integer beyond float64's exact range, a WholeFloat a float that looks like one. */
export type Scalar = string | boolean | null | number | bigint | WholeFloat

/** A float64 without a fraction: as a map's key Go writes it otherwise than an integer. */
export class WholeFloat {
  readonly value: number

  constructor(value: number) {
    this.value = value
  }
}

/** The short name of a value's tag, for goyaml's messages. */
export type ScalarTag = '!!str' | '!!bool' | '!!null' | '!!int' | '!!float' | '!!timestamp'

export interface Resolved {
  readonly tag: ScalarTag
  readonly value: Scalar
}

const words = new Map<string, Resolved>()

function addWords(tag: ScalarTag, value: Scalar, list: string): void {
  for (const word of list.split(' ')) words.set(word, { tag, value })
}

addWords('!!bool', true, 'y Y yes Yes YES true True TRUE on On ON')
addWords('!!bool', false, 'n N no No NO false False FALSE off Off OFF')
addWords('!!null', null, '~ null Null NULL')
words.set('', { tag: '!!null', value: null })
addWords('!!float', Number.NaN, '.nan .NaN .NAN')
addWords('!!float', Number.POSITIVE_INFINITY, '.inf .Inf .INF +.inf +.Inf +.INF')
addWords('!!float', Number.NEGATIVE_INFINITY, '-.inf -.Inf -.INF')

const firstCharacters = /^[-+0-9.yYnNtTfFoO~]/
const smallInteger = /^(?:0|-?[1-9]\d{0,14})$/
const integer = /^([-+]?)(0[xX][0-9a-fA-F]+|0[oO][0-7]+|0[bB][01]+|0[0-7]*|[1-9]\d*)$/
const float = /^[-+]?(?:\.\d+|\d+(?:\.\d*)?)(?:[eE][-+]?\d+)?$/
const dotFloat = /^\.\d(?:_?\d)*(?:[eE][-+]?\d+)?$/

/** Resolves a plain scalar without a tag. */
export function resolvePlain(text: string): Resolved {
  if (text !== '' && !firstCharacters.test(text)) return { tag: '!!str', value: text }
  const word = words.get(text)
  if (word) return word
  const number = resolveNumber(text)
  if (number) return number
  return { tag: isTimestamp(text) ? '!!timestamp' : '!!str', value: text }
}

function resolveNumber(text: string): Resolved | undefined {
  if (smallInteger.test(text)) return { tag: '!!int', value: Number(text) }
  if (text.startsWith('.')) {
    return dotFloat.test(text) ? finite(text.replaceAll('_', '')) : undefined
  }
  if (!/^[-+0-9]/.test(text) || isTimestamp(text)) return undefined
  const plain = text.replaceAll('_', '')
  return resolveInteger(plain) ?? (float.test(plain) ? finite(plain) : undefined)
}

function finite(text: string): Resolved | undefined {
  const value = Number(text)
  if (!Number.isFinite(value)) return undefined
  return { tag: '!!float', value: Number.isInteger(value) ? new WholeFloat(value) : value }
}

/** Go's ParseInt and ParseUint with base 0: prefixes 0x, 0o, 0b and a bare 0 for octal, up to 64 bits. */
function resolveInteger(text: string): Resolved | undefined {
  const match = integer.exec(text)
  if (!match) return undefined
  const [, sign = '', digits = ''] = match
  // More decimal digits than 64 bits have; to read ever so many takes longer than they are long.
  if (digits.length > 20 && !digits.startsWith('0')) return undefined
  const magnitude = BigInt(/^0[0-7]/.test(digits) ? `0o${digits.slice(1)}` : digits)
  const value = sign === '-' ? -magnitude : magnitude
  const limit = sign === '' ? 2n ** 64n - 1n : 2n ** 63n - 1n
  if (value > limit || value < -(2n ** 63n)) return undefined
  const isExact = value >= BigInt(Number.MIN_SAFE_INTEGER) && value <= BigInt(Number.MAX_SAFE_INTEGER)
  return { tag: '!!int', value: isExact ? Number(value) : value }
}

const base60 = /^[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?$/

/** Whether a string must be quoted so that it is read as a string again, by goyaml and by older parsers (base 60). */
export function needsQuotes(text: string): boolean {
  return resolvePlain(text).tag !== '!!str' || base60.test(text)
}
