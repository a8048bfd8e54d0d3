import { sprint, sprintf, sprintln } from '../fmt.ts'
import { type GoFunction, pointedTo, truth, withSignature } from '../values.ts'
import { comparisons } from './compare.ts'
import { htmlEscape, jsEscape, urlQueryEscape } from './escape.ts'
import { index, length, slice } from './index-slice.ts'

/** `and` and `or` short-circuit and `call` knows its callee's name, so the compiler does them. */
function compiled(): never {
  throw new TypeError('and, or and call are compiled, not called')
}

const variadic = { variadic: true }

function comparisonFunctions(namesTypes: boolean): Record<string, GoFunction> {
  const { eq, ne, lt, le, gt, ge } = comparisons(namesTypes)
  const two = ['value', 'value'] as const
  return {
    eq: withSignature(two, eq, variadic),
    ne: withSignature(two, ne),
    lt: withSignature(two, lt),
    le: withSignature(two, le),
    gt: withSignature(two, gt),
    ge: withSignature(two, ge),
  }
}

/** The functions that every Go template has. */
export const builtins: Readonly<Record<string, GoFunction>> = Object.assign(
  Object.create(null) as Record<string, GoFunction>,
  {
    and: compiled,
    or: compiled,
    not: withSignature(['value'], (value: unknown) => !truth(value)),
    call: compiled,
    ...comparisonFunctions(true),
    html: withSignature(['any'], (...args: unknown[]) => htmlEscape(textOf(args)), variadic),
    js: withSignature(['any'], (...args: unknown[]) => jsEscape(textOf(args)), variadic),
    urlquery: withSignature(['any'], (...args: unknown[]) => urlQueryEscape(textOf(args)), variadic),
    index: withSignature(['value', 'value'], index, variadic),
    slice: withSignature(['value', 'value'], slice, variadic),
    len: withSignature(['value'], length),
    print: withSignature(['any'], sprint, variadic),
    printf: withSignature(['string', 'any'], sprintf, variadic),
    println: withSignature(['any'], sprintln, variadic),
  },
)

/** Those of Go 1.23, whose comparisons do not say which types they cannot compare. */
export const builtinsBeforeGo124: Readonly<Record<string, GoFunction>> = Object.assign(
  Object.create(builtins) as Record<string, GoFunction>,
  comparisonFunctions(false),
)

/** Arguments as the escaping functions see them: as `print` shows what pointers lead to, nil as `<no value>`. */
function textOf(args: unknown[]): string {
  return sprint(...args.map((arg) => pointedTo(arg) ?? '<no value>'))
}
