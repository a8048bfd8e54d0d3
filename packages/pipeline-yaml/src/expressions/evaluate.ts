import { own } from '../own.ts'
import { FUNCTIONS, type Lazy } from './functions.ts'
import { ExpressionError } from './lexer.ts'
import type { Expression } from './parser.ts'
import { kindOf, toNumber, toText, type Value, Version } from './values.ts'

/** The values that an expression sees. Keys of objects are compared without case. */
export interface ExpressionContext {
  contexts: Readonly<Record<string, Value>>
  /** Status functions and others of the place; keys are lower case. */
  functions?: Readonly<Record<string, (args: Value[]) => Value>>
}

// The result of `a.*`: what follows is applied to each item.
class FilteredArray extends Array<Value> {}

/** The value of a parsed expression; an unknown name gives null. Throws ExpressionError where a cast or a function fails. */
export function evaluate(expression: Expression, context: ExpressionContext): Value {
  switch (expression.kind) {
    case 'literal':
      return expression.value
    case 'context':
      return own(context.contexts, expression.name) ?? null
    case 'call':
      return call(expression, context)
    case 'index':
      return index(evaluate(expression.target, context), evaluate(expression.key, context))
    case 'wildcard': {
      const target = evaluate(expression.target, context)
      const items = target instanceof FilteredArray ? target.flatMap(itemsOf) : itemsOf(target)
      return FilteredArray.from(items)
    }
  }
}

function call({ name, args, offset }: Expression & { kind: 'call' }, context: ExpressionContext): Value {
  const lazy: Lazy[] = args.map((arg) => () => evaluate(arg, context))
  try {
    const ofPlace = own(context.functions, name)
    if (ofPlace) return ofPlace(lazy.map((arg) => arg()))
    const found = own(FUNCTIONS, name)
    if (found) return found.call(lazy)
  } catch (error) {
    throw error instanceof ExpressionError && error.offset === 0 ? new ExpressionError(error.message, offset) : error
  }
  throw new ExpressionError(`there is no function ${name} here`, offset)
}

function index(target: Value, key: Value): Value {
  if (target instanceof FilteredArray) {
    return FilteredArray.from(target.map((item) => index(item, key)).filter((item) => item !== null))
  }
  if (Array.isArray(target)) return target[toNumber(key) ?? -1] ?? null
  if (target === null || kindOf(target) !== 'object' || target instanceof Version) return null
  const wanted = toText(key)?.toLowerCase()
  for (const [name, value] of Object.entries(target as Record<string, Value>)) {
    if (name.toLowerCase() === wanted) return value
  }
  return null
}

function itemsOf(value: Value): Value[] {
  if (Array.isArray(value)) return [...value]
  return kindOf(value) === 'object' ? Object.values(value as Record<string, Value>) : []
}
