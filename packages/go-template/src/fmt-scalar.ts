import { spend } from './budget.ts'
import type { Flags } from './fmt-value.ts'
import { isPrint, quoteRune } from './strconv.ts'

/** A precision and a width make long texts of short ones, and one format has room for many. */
const countsFrom = 1000

/** Pads to the width, in characters: with zeros only on the left. */
export function pad(text: string, flags: Flags): string {
  const { width } = flags
  if (text.length > countsFrom) spend(text.length)
  if (width === undefined || width <= text.length / 2) return text
  const missing = width - runeCount(text)
  if (missing <= 0) return text
  if (missing > countsFrom) spend(missing)
  if (flags.minus) return text + ' '.repeat(missing)
  return (flags.zero ? '0' : ' ').repeat(missing) + text
}

function runeCount(text: string): number {
  let count = 0
  for (const _ of text) count++
  return count
}

/** The sign that flags ask for. */
function signOf(negative: boolean, flags: Flags): string {
  if (negative) return '-'
  if (flags.plus) return '+'
  return flags.space ? ' ' : ''
}

/** Go's fmtInteger: `%d`, `%x`, ... */
export function formatInteger(value: bigint, base: 2 | 8 | 10 | 16, verb: string, flags: Flags): string {
  const negative = value < 0n
  const { precision, width = 0 } = flags
  if (precision === 0 && value === 0n) return ' '.repeat(width)
  let digits = (negative ? -value : value).toString(base)
  if (precision !== undefined) digits = digits.padStart(precision, '0')
  else if (flags.zero && !flags.minus && flags.width !== undefined) {
    digits = digits.padStart(negative || flags.plus || flags.space ? width - 1 : width, '0')
  }
  if (verb === 'X') digits = digits.toUpperCase()
  const text = signOf(negative, flags) + basePrefix(digits, base, verb, flags) + digits
  return pad(text, { ...flags, zero: false })
}

function basePrefix(digits: string, base: number, verb: string, flags: Flags): string {
  if (verb === 'O') return flags.sharp && !digits.startsWith('0') ? '0o0' : '0o'
  if (!flags.sharp) return ''
  if (base === 16) return verb === 'X' ? '0X' : '0x'
  if (base === 2) return '0b'
  return base === 8 && !digits.startsWith('0') ? '0' : ''
}

/** The character of an integer; U+FFFD when there is none. */
export function runeOf(value: bigint): string {
  if (value < 0n || value > 0x10ffffn || (value >= 0xd800n && value <= 0xdfffn)) return '\ufffd'
  return String.fromCodePoint(Number(value))
}

/** `%q` of an integer: a quoted character. */
export function quotedRune(value: bigint, ascii: boolean): string {
  return quoteRune(runeOf(value), ascii)
}

/** `%U`: `U+0078`, with `#` also the character. */
export function formatUnicode(value: bigint, flags: Flags): string {
  const digits = BigInt.asUintN(64, value).toString(16).toUpperCase()
  const text = `U+${digits.padStart(Math.max(4, flags.precision ?? 0), '0')}`
  const char = value >= 0n && value <= 0x10ffffn ? runeOf(value) : ''
  const shown = flags.sharp && char !== '' && isPrint(char) ? ` '${char}'` : ''
  return pad(text + shown, { ...flags, zero: false })
}

/** Adds to a formatted float what flags ask for: sign, point and zeros (`#`), padding after the sign. */
export function padNumber(formatted: string, verb: string, flags: Flags): string {
  const negative = formatted.startsWith('-')
  let digits = formatted.replace(/^[+-]/, '')
  const isNumber = /^\d/.test(digits)
  if (!isNumber) {
    const sign = digits === 'NaN' || !negative ? signOf(false, flags) : '-'
    const always = digits === 'Inf' && !negative && sign === '' ? '+' : sign
    return pad(always + digits, { ...flags, zero: false })
  }
  if (flags.sharp && verb !== 'b') digits = withPoint(digits, verb, flags.precision)
  const sign = signOf(negative, flags)
  if (sign !== '' && flags.zero && !flags.minus && flags.width !== undefined) {
    return sign + pad(digits, { ...flags, width: Math.max(flags.width - 1, 0) })
  }
  return pad(sign + digits, flags)
}

/** `#`: always a decimal point, and for %g the zeros that it drops. */
function withPoint(number: string, verb: string, precision: number | undefined): string {
  const isHex = verb === 'x' || verb === 'X'
  const tailStart = number.search(isHex ? /[pP]/ : /[eE]/)
  const tail = tailStart === -1 ? '' : number.slice(tailStart)
  let digits = tailStart === -1 ? number : number.slice(0, tailStart)
  const keepsZeros = verb === 'v' || verb === 'g' || verb === 'G' || verb === 'x'
  let missing = keepsZeros ? (precision ?? 6) : 0
  missing -= digits.replace('.', '').replace(/^0+/, '').length
  if (!digits.includes('.')) {
    if (digits === '0') missing--
    digits += '.'
  }
  return digits + '0'.repeat(Math.max(missing, 0)) + tail
}
