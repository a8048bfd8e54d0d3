/** Go's strconv.FormatFloat for float64. */

/** The verbs of strconv.FormatFloat. */
export type FloatVerb = 'e' | 'E' | 'f' | 'g' | 'G' | 'b' | 'x' | 'X'

interface Decimal {
  /** Significant digits without trailing zeros; empty for zero. */
  digits: string
  /** The value is 0.digits × 10^point. */
  point: number
}

/** Formats a number as Go does; precision -1 is the shortest text that reads back as the same number. */
export function formatFloat(value: number, verb: FloatVerb, precision: number): string {
  if (Number.isNaN(value)) return 'NaN'
  if (!Number.isFinite(value)) return value < 0 ? '-Inf' : '+Inf'
  const sign = value < 0 || Object.is(value, -0) ? '-' : ''
  const magnitude = Math.abs(value)
  switch (verb) {
    case 'e':
    case 'E':
      return sign + exponential(round(magnitude, precision < 0 ? -1 : precision + 1), precision, verb)
    case 'f':
      return sign + fixed(precision < 0 ? shortest(magnitude) : roundAt(magnitude, precision), precision)
    case 'g':
    case 'G':
      return sign + general(magnitude, verb, precision)
    case 'b':
      return sign + binary(magnitude)
    case 'x':
    case 'X': {
      const text = hexadecimal(magnitude, precision)
      return sign + (verb === 'X' ? text.toUpperCase() : text)
    }
  }
}

function shortest(magnitude: number): Decimal {
  if (magnitude === 0) return { digits: '', point: 0 }
  const [mantissa = '', exponent = '0'] = magnitude.toExponential().split('e')
  return { digits: mantissa.replace('.', ''), point: Number(exponent) + 1 }
}

/** Rounds to a number of significant digits; -1 is the shortest form. */
function round(magnitude: number, digits: number): Decimal {
  if (digits < 0 || magnitude === 0) return shortest(magnitude)
  const point = shortest(magnitude).point
  return roundAt(magnitude, digits - point)
}

/** No float64 has more digits behind its decimal point. */
const maxPlaces = 1074

/** Rounds to a number of digits after the decimal point, ties to even, from the exact binary value. */
function roundAt(magnitude: number, wantedPlaces: number): Decimal {
  if (magnitude === 0) return { digits: '', point: 0 }
  const places = Math.min(wantedPlaces, maxPlaces)
  const { mantissa, exponent } = decompose(magnitude)
  let numerator = BigInt(mantissa)
  let denominator = 1n
  if (exponent >= 0) numerator <<= BigInt(exponent)
  else denominator <<= BigInt(-exponent)
  if (places >= 0) numerator *= 10n ** BigInt(places)
  else denominator *= 10n ** BigInt(-places)
  let quotient = numerator / denominator
  const twice = (numerator % denominator) * 2n
  if (twice > denominator || (twice === denominator && quotient % 2n === 1n)) quotient += 1n
  if (quotient === 0n) return { digits: '', point: 0 }
  const digits = quotient.toString()
  return { digits: digits.replace(/0+$/, ''), point: digits.length - places }
}

/** value = mantissa × 2^exponent, with a 53-bit mantissa (fewer bits for subnormals). */
function decompose(magnitude: number): { mantissa: number; exponent: number } {
  const view = new DataView(new ArrayBuffer(8))
  view.setFloat64(0, magnitude)
  const high = view.getUint32(0)
  const biased = high >>> 20
  const fraction = (high & 0xfffff) * 2 ** 32 + view.getUint32(4)
  return biased === 0
    ? { mantissa: fraction, exponent: -1074 }
    : { mantissa: fraction + 2 ** 52, exponent: biased - 1075 }
}

function exponential(decimal: Decimal, precision: number, verb: 'e' | 'E'): string {
  const { digits, point } = decimal
  const places = precision < 0 ? Math.max(digits.length - 1, 0) : precision
  const first = digits[0] ?? '0'
  const rest = digits.slice(1, places + 1).padEnd(places, '0')
  const exponent = digits === '' ? 0 : point - 1
  const power = `${exponent < 0 ? '-' : '+'}${String(Math.abs(exponent)).padStart(2, '0')}`
  return `${first}${places > 0 ? `.${rest}` : ''}${verb}${power}`
}

function fixed(decimal: Decimal, precision: number): string {
  const { digits, point } = decimal
  const places = precision < 0 ? Math.max(digits.length - point, 0) : precision
  const whole = point > 0 ? digits.slice(0, point).padEnd(point, '0') : '0'
  if (places === 0) return whole
  const fraction = point >= 0 ? digits.slice(point) : '0'.repeat(Math.min(-point, places)) + digits
  return `${whole}.${fraction.slice(0, places).padEnd(places, '0')}`
}

function general(magnitude: number, verb: 'g' | 'G', precision: number): string {
  const wanted = precision === 0 ? 1 : precision
  const decimal = round(magnitude, wanted)
  const { digits, point } = decimal
  // Go: %e when the exponent is below -4 or not below the precision; the shortest form counts as precision 6.
  let limit = wanted
  if (limit > digits.length && digits.length >= point) limit = digits.length
  if (precision < 0) limit = 6
  const exponent = point - 1
  if (exponent < -4 || exponent >= limit) {
    return exponential(decimal, digits.length - 1, verb === 'g' ? 'e' : 'E')
  }
  return fixed(decimal, Math.max(digits.length - point, 0))
}

function binary(magnitude: number): string {
  const { mantissa, exponent } = decompose(magnitude)
  return `${mantissa}p${exponent < 0 ? '' : '+'}${exponent}`
}

/** `0x1.8p+01`: one digit before the point, hexadecimal fraction rounded half to even. */
function hexadecimal(magnitude: number, precision: number): string {
  let { mantissa, exponent } = decompose(magnitude)
  let power = magnitude === 0 ? 0 : exponent + 52
  while (magnitude !== 0 && mantissa < 2 ** 52) {
    mantissa *= 2
    power--
  }
  let bits = BigInt(mantissa)
  if (precision >= 0 && precision < 13) {
    const drop = BigInt(4 * (13 - precision))
    const half = 1n << (drop - 1n)
    const rest = bits & ((1n << drop) - 1n)
    bits >>= drop
    if (rest > half || (rest === half && bits & 1n)) bits += 1n
    bits <<= drop
    if (bits >= 1n << 53n) {
      bits >>= 1n
      power++
    }
  }
  exponent = power
  const hex = bits.toString(16).padStart(14, '0')
  const fraction = precision < 0 ? hex.slice(1).replace(/0+$/, '') : hex.slice(1, precision + 1).padEnd(precision, '0')
  const sign = exponent < 0 ? '-' : '+'
  return `0x${hex[0]}${fraction ? `.${fraction}` : ''}p${sign}${String(Math.abs(exponent)).padStart(2, '0')}`
}
