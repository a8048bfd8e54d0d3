import { formatValue, spend } from '@slipway/go-template'

/** A decimal number: value times ten to the power of exponent. */
interface Decimal {
  readonly value: bigint
  readonly exponent: number
}

export type DecimalOperation = 'add' | 'sub' | 'mul' | 'div'

// shopspring/decimal's DivisionPrecision.
const divisionPrecision = 16
/** 17 digits. */
const bytesPerFactor = 8

/** Folds numbers with decimal arithmetic, as Sprig's addf, subf, mulf and divf do, so that 0.1 + 0.2 is 0.3. */
export function foldDecimals(first: number, rest: readonly number[], operation: DecimalOperation): number {
  let result = decimalOf(first)
  for (const [index, number] of rest.entries()) {
    // A product has the digits of all its factors.
    if (operation === 'mul') spend(index * bytesPerFactor)
    result = apply(result, decimalOf(number), operation)
  }
  return Number(`${result.value}e${result.exponent}`)
}

function decimalOf(number: number): Decimal {
  if (!Number.isFinite(number)) throw new Error(`Cannot create a Decimal from ${formatValue(number)}`)
  const [mantissa = '0', exponent = '0'] = number.toExponential().split('e')
  const [whole = '0', fraction = ''] = mantissa.split('.')
  return { value: BigInt(whole + fraction), exponent: Number(exponent) - fraction.length }
}

function apply(a: Decimal, b: Decimal, operation: DecimalOperation): Decimal {
  switch (operation) {
    case 'mul':
      return { value: a.value * b.value, exponent: a.exponent + b.exponent }
    case 'div':
      return divide(a, b)
    default: {
      const exponent = Math.min(a.exponent, b.exponent)
      const left = scaled(a, exponent)
      const right = scaled(b, exponent)
      return { value: operation === 'add' ? left + right : left - right, exponent }
    }
  }
}

function scaled({ value, exponent }: Decimal, to: number): bigint {
  return value * 10n ** BigInt(exponent - to)
}

function divide(a: Decimal, b: Decimal): Decimal {
  if (b.value === 0n) throw new Error('decimal division by 0')
  const exponent = Math.min(a.exponent, b.exponent)
  const numerator = scaled(a, exponent) * 10n ** BigInt(divisionPrecision)
  const denominator = scaled(b, exponent)
  const quotient = numerator / denominator
  const remainder = numerator % denominator
  const isHalfOrMore = 2n * abs(remainder) >= abs(denominator)
  const step = numerator < 0n === denominator < 0n ? 1n : -1n
  return { value: isHalfOrMore ? quotient + step : quotient, exponent: -divisionPrecision }
}

function abs(value: bigint): bigint {
  return value < 0n ? -value : value
}
