import { formatValue, spend, withSignature, withType } from '@slipway/go-template'
import { type DecimalOperation, foldDecimals } from './decimal.ts'
import { int64, intOf, maxInt64, minInt64, parseDigits, toFloat64, toInt64 } from './numbers.ts'
import type { FunctionTable } from './table.ts'

const variadic = { variadic: true }
// A list longer than this is an attempt to exhaust memory, not a chart.
const maxRange = 1_000_000
const bytesPerNumber = 32

function extreme(picks: (candidate: bigint, best: bigint) => boolean) {
  return withSignature(
    ['any', 'any'],
    (first: unknown, ...rest: unknown[]) => {
      const best = rest.map(toInt64).reduce((a, b) => (picks(b, a) ? b : a), toInt64(first))
      return int64(best)
    },
    variadic,
  )
}

function decimals(operation: DecimalOperation) {
  const fold = (first: unknown, ...rest: unknown[]) => foldDecimals(toFloat64(first), rest.map(toFloat64), operation)
  return withSignature(['any', 'any'], fold, variadic)
}

function nonZero(divisor: bigint): bigint {
  if (divisor === 0n) throw new Error('runtime error: integer divide by zero')
  return divisor
}

function untilStep(start: number, stop: number, step: number): number[] {
  const isDown = stop < start
  if (isDown ? step >= 0 : step <= 0) return []
  const count = Math.abs((stop - start) / step)
  if (count > maxRange) throw new Error(`a range of more than ${maxRange} numbers`)
  spend(count * bytesPerNumber)
  const numbers: number[] = []
  for (let i = start; isDown ? i > stop : i < stop; i += step) numbers.push(i)
  return numbers
}

function ints(numbers: readonly number[]): bigint[] {
  return withType(numbers.map(BigInt), '[]int')
}

function seq(params: readonly number[]): string {
  const [first = 0, second = 0, third = 0] = params
  const join = (start: number, end: number, step: number) => {
    const towards = end < start ? -1 : 1
    // Go's integers wrap.
    const stop = Number(BigInt.asIntN(64, BigInt(end) + BigInt(towards)))
    return untilStep(start, stop, step).join(' ')
  }
  switch (params.length) {
    case 1:
      return join(1, first, first < 1 ? -1 : 1)
    case 2:
      return join(first, second, second < first ? -1 : 1)
    case 3:
      return third < first && second > 0 ? '' : join(first, third, second)
    default:
      return ''
  }
}

function round(value: number, places: number, roundOn: number): number {
  const power = powerOfTen(places)
  const digit = power * value
  const fraction = digit - Math.trunc(digit)
  return (fraction >= roundOn ? Math.ceil(digit) : Math.floor(digit)) / power
}

/** Go's math.Pow(10, n), whose last digit is not always the nearest. */
function powerOfTen(exponent: number): number {
  let fraction = 1
  let binary = 0
  // 10 is 0.625 times 2 to the power of 4.
  let [square, squareBinary] = [0.625, 4]
  for (let rest = Math.abs(exponent); rest !== 0; rest = Math.floor(rest / 2)) {
    if (squareBinary > 4096) {
      binary += squareBinary
      break
    }
    if (rest % 2 === 1) {
      fraction *= square
      binary += squareBinary
    }
    square *= square
    squareBinary *= 2
    if (square < 0.5) {
      square += square
      squareBinary--
    }
  }
  return exponent < 0 ? scaleByTwo(1 / fraction, -binary) : scaleByTwo(fraction, binary)
}

/** value times two to the power of exponent, in steps that do not overflow before the result does. */
function scaleByTwo(value: number, exponent: number): number {
  const half = Math.trunc(exponent / 2)
  return value * 2 ** half * 2 ** (exponent - half)
}

/** Sprig's arithmetic: integers wrap as int64, floats of `addf` and its like are decimals. */
export const mathFunctions: FunctionTable = {
  int: withSignature(['any'], toInt64),
  int64: withSignature(['any'], (value: unknown) => int64(toInt64(value))),
  float64: withSignature(['any'], toFloat64),
  atoi: withSignature(['string'], (text: string) => parseDigits(text, 10)),
  toDecimal: withSignature(['any'], (value: unknown) => {
    const octal = parseDigits(formatValue(value), 8)
    // Out of range is an error too, for which Sprig gives 0.
    return int64(octal === maxInt64 || octal === minInt64 ? 0n : octal)
  }),
  add1: withSignature(['any'], (value: unknown) => int64(toInt64(value) + 1n)),
  add: withSignature(
    ['any'],
    (...values: unknown[]) => int64(values.map(toInt64).reduce((a, b) => a + b, 0n)),
    variadic,
  ),
  sub: withSignature(['any', 'any'], (a: unknown, b: unknown) => int64(toInt64(a) - toInt64(b))),
  div: withSignature(['any', 'any'], (a: unknown, b: unknown) => int64(toInt64(a) / nonZero(toInt64(b)))),
  mod: withSignature(['any', 'any'], (a: unknown, b: unknown) => int64(toInt64(a) % nonZero(toInt64(b)))),
  mul: withSignature(
    ['any', 'any'],
    (first: unknown, ...rest: unknown[]) =>
      int64(rest.map(toInt64).reduce((a, b) => BigInt.asIntN(64, a * b), toInt64(first))),
    variadic,
  ),
  add1f: withSignature(['any'], (value: unknown) => foldDecimals(toFloat64(value), [1], 'add')),
  addf: withSignature(['any'], (...values: unknown[]) => foldDecimals(0, values.map(toFloat64), 'add'), variadic),
  subf: decimals('sub'),
  divf: decimals('div'),
  mulf: decimals('mul'),
  max: extreme((candidate, best) => candidate > best),
  biggest: extreme((candidate, best) => candidate > best),
  min: extreme((candidate, best) => candidate < best),
  maxf: withSignature(['any', 'any'], (...values: unknown[]) => Math.max(...values.map(toFloat64)), variadic),
  minf: withSignature(['any', 'any'], (...values: unknown[]) => Math.min(...values.map(toFloat64)), variadic),
  ceil: withSignature(['any'], (value: unknown) => Math.ceil(toFloat64(value))),
  floor: withSignature(['any'], (value: unknown) => Math.floor(toFloat64(value))),
  round: withSignature(
    ['any', 'int', 'float64'],
    (value: unknown, places: unknown, roundOn = 0.5) => round(toFloat64(value), intOf(places), roundOn),
    variadic,
  ),
  until: withSignature(['int'], (count: unknown) => ints(untilStep(0, intOf(count), intOf(count) < 0 ? -1 : 1))),
  untilStep: withSignature(['int', 'int', 'int'], (...args: unknown[]) => {
    const [start = 0, stop = 0, step = 0] = args.map(intOf)
    return ints(untilStep(start, stop, step))
  }),
  seq: withSignature(['int'], (...params: unknown[]) => seq(params.map(intOf)), variadic),
}
