import { type GoFunction, typeOf, withSignature } from '../values.ts'

/** The `call` builtin: calls a func value with arguments. `callee` is how the template names it. */
export function callNamed(callee: string): GoFunction {
  return withSignature(
    ['value', 'value'],
    (fn: unknown, ...args: unknown[]) => {
      if (fn === undefined || fn === null) throw new Error('call of nil')
      if (typeof fn !== 'function') throw new Error(`non-function ${callee} of type ${typeOf(fn)}`)
      return (fn as GoFunction)(...args)
    },
    { variadic: true },
  )
}
