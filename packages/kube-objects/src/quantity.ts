import { UserError } from '@slipway/errors'

const PATTERN = /^([+-]?)(\d*)(?:\.(\d*))?(?:([numkMGTPE]|[KMGTPE]i)|[eE]([+-]?\d+))?$/
const DECIMAL: Record<string, number> = { n: -9, u: -6, m: -3, k: 3, M: 6, G: 9, T: 12, P: 15, E: 18 }
const BINARY: Record<string, bigint> = {
  Ki: 2n ** 10n,
  Mi: 2n ** 20n,
  Gi: 2n ** 30n,
  Ti: 2n ** 40n,
  Pi: 2n ** 50n,
  Ei: 2n ** 60n,
}

/** A resource quantity in nano units, the finest that Kubernetes keeps (finer ones are rounded up). Throws UserError QUANTITY_INVALID. */
export function parseQuantity(quantity: string | number): bigint {
  const match = PATTERN.exec(String(quantity))
  const [, sign, whole = '', fraction = '', suffix, exponent] = match ?? []
  if (!match || whole + fraction === '') {
    throw new UserError(
      'QUANTITY_INVALID',
      "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'",
    )
  }
  const binary = suffix === undefined ? undefined : BINARY[suffix]
  const power = 9 - fraction.length + (exponent ? Number(exponent) : (suffix && DECIMAL[suffix]) || 0)
  const digits = BigInt(whole + fraction) * (binary ?? 1n)
  const nano = power >= 0 ? digits * 10n ** BigInt(power) : roundUp(digits, 10n ** BigInt(-power))
  return sign === '-' ? -nano : nano
}

/** A resource quantity as a number: `100m` is 0.1, `1Ki` is 1024. Throws UserError QUANTITY_INVALID. */
export function quantityValue(quantity: string | number): number {
  return Number(parseQuantity(quantity)) / 1e9
}

/** The form in which Kubernetes stores a quantity: `1000m` is `1`, `0.5` is `500m`, `1024Mi` is `1Gi`. Throws UserError QUANTITY_INVALID. */
export function canonicalQuantity(quantity: string | number): string {
  const nano = parseQuantity(quantity)
  const text = String(quantity)
  if (nano === 0n) return '0'
  if (/[KMGTPE]i$/.test(text) && nano % 1_000_000_000n === 0n) return binaryForm(nano / 1_000_000_000n)
  const exponentForm = /[eE][+-]?\d+$/.test(text)
  for (const [suffix, power] of [
    ['E', 18],
    ['P', 15],
    ['T', 12],
    ['G', 9],
    ['M', 6],
    ['k', 3],
    ['', 0],
    ['m', -3],
    ['u', -6],
  ] as const) {
    const unit = 10n ** BigInt(power + 9)
    if (nano % unit === 0n) return `${nano / unit}${exponentForm && power !== 0 ? `e${power}` : suffix}`
  }
  return `${nano}n`
}

function binaryForm(value: bigint): string {
  for (const suffix of ['Ei', 'Pi', 'Ti', 'Gi', 'Mi', 'Ki']) {
    const unit = BINARY[suffix] ?? 1n
    if (value % unit === 0n) return `${value / unit}${suffix}`
  }
  return String(value)
}

const roundUp = (value: bigint, unit: bigint): bigint => (value + unit - 1n) / unit
