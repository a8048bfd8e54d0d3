/** Whether a number is a multiple of a step, in exact decimal arithmetic: 0.3 is one of 0.1. */
export function isMultipleOf(value: number | bigint, step: number): boolean {
  const [a, b] = [decimalOf(value), decimalOf(step)]
  const exponent = Math.min(a.exponent, b.exponent)
  const whole = ({ digits, exponent: own }: Decimal) => digits * 10n ** BigInt(own - exponent)
  return whole(a) % whole(b) === 0n
}

/** digits × 10^exponent */
interface Decimal {
  readonly digits: bigint
  readonly exponent: number
}

function decimalOf(value: number | bigint): Decimal {
  if (typeof value === 'bigint') return { digits: value, exponent: 0 }
  const [mantissa = '', power = '0'] = value.toExponential().split('e')
  const [whole = '', fraction = ''] = mantissa.split('.')
  return { digits: BigInt(whole + fraction), exponent: Number(power) - fraction.length }
}
