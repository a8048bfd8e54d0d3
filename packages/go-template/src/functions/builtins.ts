import { sprint, sprintf, sprintln } from '../fmt.ts'
import { type GoFunction, truth, withSignature } from '../values.ts'
import { eq, ge, gt, le, lt, ne } from './compare.ts'
import { htmlEscape, jsEscape, urlQueryEscape } from './escape.ts'
import { index, length, slice } from './index-slice.ts'

/** `and` and `or` short-circuit and `call` knows its callee's name, so the compiler does them. */
function compiled(): never {
  throw new TypeError('and, or and call are compiled, not called')
}

const variadic = { variadic: true }

/** The functions that every Go template has. */
export const builtins: Readonly<Record<string, GoFunction>> = Object.assign(
  Object.create(null) as Record<string, GoFunction>,
  {
    and: compiled,
    or: compiled,
    not: withSignature(['value'], (value: unknown) => !truth(value)),
    call: compiled,
    eq: withSignature(['value', 'value'], eq, variadic),
    ne: withSignature(['value', 'value'], ne),
    lt: withSignature(['value', 'value'], lt),
    le: withSignature(['value', 'value'], le),
    gt: withSignature(['value', 'value'], gt),
    ge: withSignature(['value', 'value'], ge),
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

/** Arguments as the escaping functions see them: as `print` shows them, nil as `<no value>`. */
function textOf(args: unknown[]): string {
  return sprint(...args.map((arg) => arg ?? '<no value>'))
}
