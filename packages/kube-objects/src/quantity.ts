import { UserError } from '@slipway/errors'

const PATTERN = /^([+-]?)0*(\d*)(?:\.(\d*))?([eEinumkKMGTP]*[+-]?\d*)$/
const DECIMAL: Record<string, number> = { n: -9, u: -6, m: -3, '': 0, k: 3, M: 6, G: 9, T: 12, P: 15, E: 18 }
const BINARY: Record<string, number> = { Ki: 10, Mi: 20, Gi: 30, Ti: 40, Pi: 50, Ei: 60 }
const SUFFIXES = Object.entries(DECIMAL).toReversed()
const UNITS = Object.entries(BINARY).toReversed()

const NANO = -9
const ONE = 10n ** 9n
/** The most that a quantity in powers of two can be; larger ones are cut. */
const MAX_BINARY = (2n ** 63n - 1n) * ONE
/** Numbers of more digits are an attack on whoever calculates with them; Kubernetes sets no bound. */
const MAX_DIGITS = 1000

/** How a quantity is written: `12M`, `12e6` or `12Mi`. */
type Format = 'decimal' | 'exponent' | 'binary'

/** The parts of a quantity's text. */
interface Parts {
  isNegative: boolean
  /** Without zeros in front. */
  whole: string
  fraction: string
  format: Format
  /** Of ten, or of two. */
  power: number
}

/** A resource quantity in nano units, the finest that Kubernetes keeps (finer ones are rounded up). Throws UserError QUANTITY_INVALID. */
export function parseQuantity(quantity: string | number): bigint {
  return amountOf(partsOf(String(quantity)))
}

/** A resource quantity as a number: `100m` is 0.1, `1Ki` is 1024. Throws UserError QUANTITY_INVALID. */
export function quantityValue(quantity: string | number): number {
  return Number(parseQuantity(quantity)) / 1e9
}

/** The form in which Kubernetes stores a quantity: `1000m` is `1`, `0.5` is `500m`, `1024Mi` is `1Gi`. Throws UserError QUANTITY_INVALID. */
export function canonicalQuantity(quantity: string | number): string {
  const text = String(quantity)
  const parts = partsOf(text)
  if (staysAsItIs(parts)) return text
  const nano = amountOf(parts)
  if (nano === 0n) return '0'
  // Small amounts and fractions would lose precision in powers of two.
  const isLarge = nano >= 1024n * ONE || nano <= -1024n * ONE
  if (parts.format === 'binary' && isLarge && nano % ONE === 0n) return binaryForm(nano / ONE)
  return parts.format === 'exponent' ? exponentForm(nano) : decimalForm(nano)
}

function binaryForm(value: bigint): string {
  for (const [suffix, power] of UNITS) {
    const unit = 1n << BigInt(power)
    if (value % unit === 0n) return `${value / unit}${suffix}`
  }
  return String(value)
}

function decimalForm(nano: bigint): string {
  for (const [suffix, power] of SUFFIXES) {
    const unit = 10n ** BigInt(power - NANO)
    if (nano % unit === 0n) return `${nano / unit}${suffix}`
  }
  return `${nano}n`
}

/** With the largest power of a thousand that leaves a whole number. */
function exponentForm(nano: bigint): string {
  const thousands = Math.floor((/0*$/.exec(String(nano))?.[0].length ?? 0) / 3)
  const power = thousands * 3 + NANO
  return `${nano / 10n ** BigInt(thousands * 3)}${power === 0 ? '' : `e${power}`}`
}

function partsOf(text: string): Parts {
  const match = text === '' ? null : PATTERN.exec(text)
  if (!match) fail(`quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'`)
  const [, sign, whole = '', fraction = '', suffix = ''] = match
  const { format, power } = suffixOf(suffix)
  if (whole.length + fraction.length > MAX_DIGITS || (format !== 'binary' && power > MAX_DIGITS)) {
    fail('unable to parse numeric part of quantity')
  }
  return { isNegative: sign === '-', whole, fraction, format, power }
}

function suffixOf(suffix: string): { format: Format; power: number } {
  const [decimal, binary] = [DECIMAL[suffix], BINARY[suffix]]
  if (decimal !== undefined) return { format: 'decimal', power: decimal }
  if (binary !== undefined) return { format: 'binary', power: binary }
  if (!/^[eE][+-]?\d+$/.test(suffix)) fail(`unable to parse quantity's suffix`)
  return { format: 'exponent', power: Number(suffix.slice(1)) }
}

/** In nano units. */
function amountOf({ isNegative, whole, fraction, format, power }: Parts): bigint {
  const digits = BigInt(whole + fraction)
  const amount =
    format === 'binary'
      ? atMost(MAX_BINARY, scaled(digits << BigInt(power), -fraction.length))
      : scaled(digits, power - fraction.length)
  return isNegative ? -amount : amount
}

const atMost = (most: bigint, amount: bigint): bigint => (amount > most ? most : amount)

/** Digits times a power of ten, in nano units. */
function scaled(digits: bigint, power: number): bigint {
  const places = power - NANO
  if (places >= 0) return digits * 10n ** BigInt(places)
  // What is finer by more places than there can be digits is rounded up to one, too.
  const unit = 10n ** BigInt(Math.min(-places, 2 * MAX_DIGITS))
  return (digits + unit - 1n) / unit
}

/** Of what fits into 64 bits Kubernetes keeps the text when it takes it for canonical, which `+1.500` is not (ParseQuantity). */
function staysAsItIs({ whole, fraction, format, power }: Parts): boolean {
  if (format === 'binary') {
    const isExact = fraction === '' && whole.length <= 14 - Math.floor((power * 3) / 10)
    return isExact && Number(whole) % 8 !== 0
  }
  const last = power - fraction.length
  const isShort = whole !== '' && whole.length + fraction.length <= 18
  return isShort && last >= NANO && last % 3 === 0 && !(whole + fraction).endsWith('000')
}

function fail(message: string): never {
  throw new UserError('QUANTITY_INVALID', message)
}
