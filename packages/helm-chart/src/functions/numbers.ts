import { GoInteger, integerOf, parseFloat64, parseInteger } from '@slipway/go-template'

/** Go's int64 from anything, as spf13/cast does it: what cannot be read is 0, text may be hex, octal or binary. */
export function toInt64(value: unknown): bigint {
  const integer = integerOf(value)
  if (integer !== undefined) return BigInt.asIntN(64, integer)
  if (typeof value === 'number') return floatToInt64(value)
  if (typeof value === 'boolean') return value ? 1n : 0n
  return typeof value === 'string' ? integerIn(value) : 0n
}

export const minInt64 = -(1n << 63n)
export const maxInt64 = (1n << 63n) - 1n

function floatToInt64(value: number): bigint {
  // amd64 gives the lowest integer for what does not fit.
  if (!Number.isFinite(value) || Math.abs(value) >= 2 ** 63) return minInt64
  return BigInt(Math.trunc(value))
}

/** What cast reads in a text: an integer of any base, also with zeros behind a point; 0 when it is none. */
function integerIn(text: string): bigint {
  const value = parseInteger(/^[^.]*\.0+$/.test(text) ? text.slice(0, text.indexOf('.')) : text)
  return value === undefined || value < minInt64 || value > maxInt64 ? 0n : value
}

/** 64 bits have no more in any base. */
const maxDigits = 22

/**
 * strconv.ParseInt of digits of one base with its error left out: 0 for what are no digits, the nearest int64 for what is
 * out of range.
 */
export function parseDigits(text: string, base: 8 | 10): bigint {
  const [, sign = '', digits = '', rest = ''] =
    (base === 8 ? /^([+-]?)0*([0-7]*)(.*)$/s : /^([+-]?)0*(\d*)(.*)$/s).exec(text) ?? []
  const magnitude =
    digits.length > maxDigits ? 1n << 64n : BigInt(digits === '' ? 0 : (base === 8 ? '0o' : '') + digits)
  // What is too large for 64 bits shows before a character that is no digit, what is too large for the sign after it.
  if (rest !== '' && magnitude < 1n << 64n) return 0n
  const value = sign === '-' ? -magnitude : magnitude
  return value > maxInt64 ? maxInt64 : value < minInt64 ? minInt64 : value
}

/** Go's float64 from anything; 0 when it cannot be read. */
export function toFloat64(value: unknown): number {
  if (typeof value === 'number') return value
  const integer = integerOf(value)
  if (integer !== undefined) return Number(integer)
  if (typeof value === 'boolean') return value ? 1 : 0
  return typeof value === 'string' ? (parseFloat64(value) ?? 0) : 0
}

/** A Go int64, which is another type than int. */
export function int64(value: bigint): GoInteger {
  return new GoInteger('int64', BigInt.asIntN(64, value))
}

/** A small integer argument that the template engine has checked to be an int. */
export function intOf(value: unknown): number {
  return Number(integerOf(value) ?? 0n)
}
