import type { NumberNode } from './nodes.ts'
import { quote, unquoteRune } from './strconv.ts'

const minInt64 = -(2n ** 63n)
const maxInt64 = 2n ** 63n - 1n
const maxUint64 = 2n ** 64n - 1n

const integer = /^([+-]?)(0[xX][0-9a-fA-F_]+|0[bB][01_]+|0[oO][0-7_]+|0[0-7_]*|[1-9][0-9_]*)$/
const decimalFloat = /^[+-]?(?:\d[\d_]*\.?[\d_]*|\.\d[\d_]*)(?:[eE][+-]?\d[\d_]*)?$/
const hexFloat = /^([+-]?)0[xX]([0-9a-fA-F_]*)\.?([0-9a-fA-F_]*)[pP]([+-]?\d+)$/

type Constant = Omit<NumberNode, 'kind' | 'pos'>

/** Reads a number token into every type it can take; an Error has Go's message. Rules: text/template/parse newNumber. */
export function readNumber(literal: string, type: 'number' | 'complex' | 'charConstant'): Constant | Error {
  if (type === 'charConstant') return readCharacter(literal)
  if (type === 'complex' || literal.endsWith('i')) return new Error(`complex constants are not supported: ${literal}`)
  const value = parseInteger(literal)
  if (value !== undefined) {
    const int = value >= minInt64 && value <= maxInt64 ? value : undefined
    const uint = isUnsigned(literal, value) ? value : undefined
    if (int !== undefined || uint !== undefined) {
      return { literal, int, uint, float: Number(value) }
    }
  }
  return readFloat(literal)
}

/** Go parses unsigned numbers without a sign, but takes any zero. */
function isUnsigned(literal: string, value: bigint): boolean {
  return value === 0n || (/^\d/.test(literal) && value >= 0n && value <= maxUint64)
}

function readCharacter(literal: string): Constant | Error {
  const char = unquoteRune(literal)
  if (char instanceof Error) return char
  const code = char.codePointAt(0) ?? 0
  return { literal, int: BigInt(code), uint: BigInt(code), float: code }
}

function readFloat(literal: string): Constant | Error {
  const float = parseFloatLiteral(literal)
  if (float === undefined || !Number.isFinite(float)) return new Error(`illegal number syntax: ${quote(literal)}`)
  if (!/[.eEpP]/.test(literal)) return new Error(`integer overflow: ${quote(literal)}`)
  return { literal, ...integersOf(float), float }
}

/** A float that is a whole number may stand where an integer is wanted. */
function integersOf(float: number): { int: bigint | undefined; uint: bigint | undefined } {
  const whole = Number.isInteger(float) ? BigInt(float) : undefined
  return {
    int: whole !== undefined && whole >= minInt64 && whole <= maxInt64 ? whole : undefined,
    uint: whole !== undefined && whole >= 0n && whole <= maxUint64 ? whole : undefined,
  }
}

function parseInteger(literal: string): bigint | undefined {
  const match = integer.exec(literal)
  if (!match || !underscoresAreValid(literal)) return undefined
  const digits = (match[2] ?? '').replaceAll('_', '')
  const magnitude = BigInt(/^0[0-7]/.test(digits) ? `0o${digits.slice(1)}` : digits)
  return match[1] === '-' ? -magnitude : magnitude
}

/** Underscores stand between digits, or between a base prefix and a digit. */
function underscoresAreValid(literal: string): boolean {
  if (!literal.includes('_')) return true
  return !/^[+-]?_|_$|__|_[^0-9a-fA-F]|[^0-9a-fA-FxXbBoO]_/.test(literal)
}

function parseFloatLiteral(literal: string): number | undefined {
  const hex = underscoresAreValid(literal) ? hexFloat.exec(literal) : null
  if (hex) return parseHexFloat(hex)
  if (!decimalFloat.test(literal) || !underscoresAreValid(literal)) return undefined
  return Number(literal.replaceAll('_', ''))
}

function parseHexFloat(match: RegExpExecArray): number | undefined {
  const [, sign, whole = '', fraction = '', exponent = '0'] = match
  const digits = (whole + fraction).replaceAll('_', '')
  if (digits === '') return undefined
  const power = Number(exponent) - 4 * fraction.replaceAll('_', '').length
  const magnitude = Number(BigInt(`0x${digits}`)) * 2 ** power
  return sign === '-' ? -magnitude : magnitude
}
