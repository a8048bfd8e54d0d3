import { quoteAscii } from './parse.ts'

const units: Readonly<Record<string, bigint>> = {
  ns: 1n,
  us: 1000n,
  // Micro sign and Greek letter mu.
  '\u00b5s': 1000n,
  '\u03bcs': 1000n,
  ms: 1_000_000n,
  s: 1_000_000_000n,
  m: 60_000_000_000n,
  h: 3_600_000_000_000n,
}
const limit = 1n << 63n

/** Go's time.ParseDuration, in nanoseconds. Throws an Error with Go's text. */
export function parseDuration(text: string): bigint {
  const invalid = () => new Error(`time: invalid duration ${quoteAscii(text)}`)
  const isNegative = text.startsWith('-')
  let rest = text.replace(/^[+-]/, '')
  if (rest === '0') return 0n
  if (rest === '') throw invalid()
  let total = 0n
  while (rest !== '') {
    const [number = '', whole = '', fraction = ''] = /^(\d*)(?:\.(\d*))?/.exec(rest) ?? []
    if ((whole === '' && fraction === '') || isTooLong(whole) || BigInt(whole) > limit) throw invalid()
    const [unit = ''] = /^[^.\d]*/.exec(rest.slice(number.length)) ?? []
    if (unit === '') throw new Error(`time: missing unit in duration ${quoteAscii(text)}`)
    const size = Object.hasOwn(units, unit) ? (units[unit] ?? 0n) : 0n
    if (size === 0n) throw new Error(`time: unknown unit ${quoteAscii(unit)} in duration ${quoteAscii(text)}`)
    total += BigInt(whole) * size + fractionOf(fraction, size)
    if (total > limit) throw invalid()
    rest = rest.slice(number.length + unit.length)
  }
  if (!isNegative && total === limit) throw invalid()
  return isNegative ? -total : total
}

/** Whether a number has more digits than 63 bits hold. */
function isTooLong(digits: string): boolean {
  return digits.length > 19 && digits.replace(/^0+/, '').length > 19
}

/** Go computes fractions in float64, with as many digits as 64 bits hold. */
function fractionOf(digits: string, unit: bigint): bigint {
  const kept = digits.slice(0, 18)
  return BigInt(Math.trunc(Number(kept) * (Number(unit) / 10 ** kept.length)))
}

/** Go's Duration.String, e.g. `1h2m3.5s`. */
export function formatDuration(nanoseconds: bigint): string {
  if (nanoseconds === 0n) return '0s'
  if (nanoseconds < 0n) return `-${formatDuration(-nanoseconds)}`
  if (nanoseconds < 1000n) return `${nanoseconds}ns`
  if (nanoseconds < 1_000_000n) return `${decimal(nanoseconds, 1000n)}µs`
  if (nanoseconds < 1_000_000_000n) return `${decimal(nanoseconds, 1_000_000n)}ms`
  const minutes = nanoseconds / 60_000_000_000n
  const seconds = `${decimal(nanoseconds % 60_000_000_000n, 1_000_000_000n)}s`
  if (minutes === 0n) return seconds
  const hours = minutes / 60n
  return hours === 0n ? `${minutes}m${seconds}` : `${hours}h${minutes % 60n}m${seconds}`
}

function decimal(value: bigint, unit: bigint): string {
  const digits = String(unit).length - 1
  const fraction = String(value % unit)
    .padStart(digits, '0')
    .replace(/0+$/, '')
  return fraction === '' ? String(value / unit) : `${value / unit}.${fraction}`
}

const ages: readonly [bigint, string][] = [
  [31_536_000_000_000_000n, 'y'],
  [2_592_000_000_000_000n, 'mo'],
  [86_400_000_000_000n, 'd'],
  [3_600_000_000_000n, 'h'],
  [60_000_000_000n, 'm'],
  [1_000_000_000n, 's'],
]

/** Sprig's durationRound: the largest unit that fits more than once. */
export function roundDuration(nanoseconds: bigint): string {
  const size = nanoseconds < 0n ? -nanoseconds : nanoseconds
  const age = ages.find(([unit]) => size > unit)
  return age ? `${size / age[0]}${age[1]}` : '0s'
}
