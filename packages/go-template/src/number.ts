import type { NumberNode } from './nodes.ts'
import { parseFloat64, parseInteger } from './parse-number.ts'
import { quote, unquoteRune } from './strconv.ts'
import { GoComplex } from './values.ts'

const minInt64 = -(2n ** 63n)
const maxInt64 = 2n ** 63n - 1n
const maxUint64 = 2n ** 64n - 1n

type Constant = Omit<NumberNode, 'kind' | 'pos'>

/** Reads a number token into every type it can take; an Error has Go's message. Rules: text/template/parse newNumber. */
export function readNumber(literal: string, type: 'number' | 'complex' | 'charConstant'): Constant | Error {
  if (type === 'charConstant') return readCharacter(literal)
  if (literal.endsWith('i')) return readComplex(literal)
  const value = parseInteger(literal)
  if (value !== undefined) {
    const int = value >= minInt64 && value <= maxInt64 ? value : undefined
    const uint = isUnsigned(literal, value) ? value : undefined
    if (int !== undefined || uint !== undefined) {
      return { literal, int, uint, float: Number(value), complex: undefined }
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
  return { literal, int: BigInt(code), uint: BigInt(code), float: code, complex: undefined }
}

/** Where the imaginary part begins: at the last sign that belongs to no exponent. */
const imaginarySign = /(?<![eEpP])[+-][^+-]*(?:[eEpP][+-][^+-]*)?i$/

/** `1i`, `1+2i`; where the imaginary part is zero, the constant may stand for its real one. */
function readComplex(literal: string): Constant | Error {
  const split = Math.max(literal.search(imaginarySign), 0)
  const real = split > 0 ? parseFloat64(literal.slice(0, split)) : 0
  const imaginary = parseFloat64(literal.slice(split, -1))
  if (real === undefined || imaginary === undefined) return new Error(`illegal number syntax: ${quote(literal)}`)
  const complex = new GoComplex(real, imaginary)
  if (imaginary !== 0) return { literal, int: undefined, uint: undefined, float: undefined, complex }
  return { literal, ...integersOf(real), float: real, complex }
}

function readFloat(literal: string): Constant | Error {
  const float = parseFloat64(literal)
  if (float === undefined) return new Error(`illegal number syntax: ${quote(literal)}`)
  if (!/[.eEpP]/.test(literal)) return new Error(`integer overflow: ${quote(literal)}`)
  return { literal, ...integersOf(float), float, complex: undefined }
}

/** A float that is a whole number may stand where an integer is wanted. */
function integersOf(float: number): { int: bigint | undefined; uint: bigint | undefined } {
  const whole = Number.isInteger(float) ? BigInt(float) : undefined
  return {
    int: whole !== undefined && whole >= minInt64 && whole <= maxInt64 ? whole : undefined,
    uint: whole !== undefined && whole >= 0n && whole <= maxUint64 ? whole : undefined,
  }
}
