import { GoInteger, integerOf } from '@slipway/go-template'

/** Go's int64 from anything, as spf13/cast does it: what cannot be read is 0, text may be hex, octal or binary. */
export function toInt64(value: unknown): bigint {
  const integer = integerOf(value)
  if (integer !== undefined) return BigInt.asIntN(64, integer)
  if (typeof value === 'number') return floatToInt64(value)
  if (typeof value === 'boolean') return value ? 1n : 0n
  return typeof value === 'string' ? parseInteger(value) : 0n
}

const minInt64 = -(1n << 63n)
const maxInt64 = (1n << 63n) - 1n

function floatToInt64(value: number): bigint {
  // amd64 gives the lowest integer for what does not fit.
  if (!Number.isFinite(value) || Math.abs(value) >= 2 ** 63) return minInt64
  return BigInt(Math.trunc(value))
}

/** strconv.ParseInt with base 0; 0 when the text is no integer. */
function parseInteger(text: string): bigint {
  const trimmed = /^[^.]*\.0*$/.test(text) ? text.slice(0, text.indexOf('.')) : text
  const match = /^([+-]?)(0[xX][0-9a-fA-F_]+|0[bB][01_]+|0[oO][0-7_]+|0[0-7_]*|[1-9][0-9_]*)$/.exec(trimmed)
  if (!match) return 0n
  const [, sign, digits = '0'] = match
  if (/__|_$/.test(digits)) return 0n
  const plain = digits.replaceAll('_', '')
  const magnitude = BigInt(/^0[0-7]+$/.test(plain) ? `0o${plain.slice(1)}` : plain)
  const value = sign === '-' ? -magnitude : magnitude
  return value < minInt64 || value > maxInt64 ? 0n : value
}

/** Go's float64 from anything; 0 when it cannot be read. */
export function toFloat64(value: unknown): number {
  if (typeof value === 'number') return value
  const integer = integerOf(value)
  if (integer !== undefined) return Number(integer)
  if (typeof value === 'boolean') return value ? 1 : 0
  return typeof value === 'string' ? parseFloatText(value) : 0
}

function parseFloatText(text: string): number {
  if (/^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/.test(text)) return Number(text)
  const special = /^([+-]?)(inf|infinity|nan)$/i.exec(text)
  if (!special) return 0
  if (special[2]?.toLowerCase() === 'nan') return Number.NaN
  return special[1] === '-' ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY
}

/** A Go int64, which is another type than int. */
export function int64(value: bigint): GoInteger {
  return new GoInteger('int64', BigInt.asIntN(64, value))
}

/** A small integer argument that the template engine has checked to be an int. */
export function intOf(value: unknown): number {
  return Number(integerOf(value) ?? 0n)
}
