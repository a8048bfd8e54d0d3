import { type GoFunction, typeOf, withSignature } from '@slipway/go-template'
import { isEmpty, kindOf } from './kinds.ts'
import type { FunctionTable } from './table.ts'

const variadic = { variadic: true }

/** Sprig's defaults, tests and reflection. */
export const defaultFunctions: FunctionTable = {
  default: withSignature(
    ['any', 'any'],
    (fallback: unknown, ...given: unknown[]) => (isEmpty(given[0]) ? fallback : given[0]),
    variadic,
  ),
  empty: withSignature(['any'], isEmpty),
  coalesce: withSignature(['any'], (...values: unknown[]) => values.find((value) => !isEmpty(value)) ?? null, variadic),
  all: withSignature(['any'], (...values: unknown[]) => !values.some(isEmpty), variadic),
  any: withSignature(['any'], (...values: unknown[]) => values.some((value) => !isEmpty(value)), variadic),
  ternary: withSignature(['any', 'any', 'bool'], (yes: unknown, no: unknown, condition: boolean) =>
    condition ? yes : no,
  ),
  typeOf: withSignature(['any'], typeOf) as GoFunction,
  typeIs: withSignature(['string', 'any'], (target: string, value: unknown) => target === typeOf(value)),
  typeIsLike: withSignature(['string', 'any'], (target: string, value: unknown) => {
    const type = typeOf(value)
    return target === type || `*${target}` === type
  }),
  kindOf: withSignature(['any'], kindOf),
  kindIs: withSignature(['string', 'any'], (target: string, value: unknown) => target === kindOf(value)),
}
