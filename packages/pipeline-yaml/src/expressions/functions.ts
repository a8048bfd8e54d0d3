import { ExpressionError } from './lexer.ts'
import { compare, equals, kindOf, toBoolean, toNumber, toText, type Value } from './values.ts'

/** Arguments come unevaluated, since `and`, `or`, `iif` and `coalesce` stop early. */
export type Lazy = () => Value

export interface ExpressionFunction {
  arity: readonly [number, number]
  call(args: Lazy[]): Value
}

const eager = (least: number, most: number, call: (...args: Value[]) => Value): ExpressionFunction => ({
  arity: [least, most],
  call: (args) => call(...args.map((arg) => arg())),
})

const ordered = (name: string, holds: (order: number) => boolean): ExpressionFunction =>
  eager(2, 2, (left, right) => {
    const order = compare(left as Value, right as Value)
    if (order === undefined)
      throw new ExpressionError(`${name} can't compare a ${kindOf(left as Value)} with this value`, 0)
    return holds(order)
  })

const texts = (name: string, call: (left: string, right: string) => Value): ExpressionFunction =>
  eager(2, 2, (left, right) => call(text(left, name), text(right, name)))

/** The functions that every expression has. https://learn.microsoft.com/azure/devops/pipelines/process/expressions */
export const FUNCTIONS: Readonly<Record<string, ExpressionFunction>> = {
  and: { arity: [2, Infinity], call: (args) => args.every((arg) => toBoolean(arg())) },
  or: { arity: [2, Infinity], call: (args) => args.some((arg) => toBoolean(arg())) },
  not: eager(1, 1, (value) => !toBoolean(value as Value)),
  xor: eager(2, 2, (left, right) => toBoolean(left as Value) !== toBoolean(right as Value)),
  iif: { arity: [3, 3], call: ([condition, yes, no]) => (toBoolean((condition as Lazy)()) ? yes : no)?.() ?? null },
  coalesce: { arity: [2, Infinity], call: coalesce },
  eq: eager(2, 2, (left, right) => equals(left as Value, right as Value)),
  ne: eager(2, 2, (left, right) => !equals(left as Value, right as Value)),
  lt: ordered('lt', (order) => order < 0),
  le: ordered('le', (order) => order <= 0),
  gt: ordered('gt', (order) => order > 0),
  ge: ordered('ge', (order) => order >= 0),
  in: eager(2, Infinity, (left, ...others) => others.some((other) => equals(left as Value, other))),
  notin: eager(2, Infinity, (left, ...others) => !others.some((other) => equals(left as Value, other))),
  contains: texts('contains', (left, right) => left.toUpperCase().includes(right.toUpperCase())),
  startswith: texts('startsWith', (left, right) => left.toUpperCase().startsWith(right.toUpperCase())),
  endswith: texts('endsWith', (left, right) => left.toUpperCase().endsWith(right.toUpperCase())),
  containsvalue: eager(2, 2, (list, wanted) => valuesOf(list as Value).some((item) => equals(item, wanted as Value))),
  format: eager(1, Infinity, (pattern, ...args) => format(text(pattern, 'format'), args)),
  join: eager(2, 2, (separator, list) =>
    kindOf(list as Value) === 'array' ? join(list as Value[], text(separator, 'join')) : text(list, 'join'),
  ),
  length: eager(1, 1, (value) => (Array.isArray(value) ? value.length : text(value, 'length').length)),
  lower: eager(1, 1, (value) => text(value, 'lower').toLowerCase()),
  upper: eager(1, 1, (value) => text(value, 'upper').toUpperCase()),
  trim: eager(1, 1, (value) => text(value, 'trim').trim()),
  replace: eager(3, 3, (value, from, to) =>
    replace(text(value, 'replace'), text(from, 'replace'), text(to, 'replace')),
  ),
  split: eager(2, 2, (value, separators) => split(text(value, 'split'), text(separators, 'split'))),
  converttojson: eager(1, 1, (value) => JSON.stringify(value, null, 2)),
}

function text(value: Value | undefined, name: string): string {
  const converted = toText(value ?? null)
  if (converted === undefined) throw new ExpressionError(`${name} needs a string, not an ${kindOf(value ?? null)}`, 0)
  return converted
}

function coalesce(args: Lazy[]): Value {
  for (const arg of args) {
    const value = arg()
    if (value !== null && value !== '') return value
  }
  return null
}

function valuesOf(value: Value): Value[] {
  if (Array.isArray(value)) return value
  return kindOf(value) === 'object' ? Object.values(value as Record<string, Value>) : []
}

const LONGEST_TEXT = 1024 ** 2

/** Functions in functions double a text as often as they are nested. Throws ExpressionError. */
function checkLength(length: number, name: string): void {
  if (length > LONGEST_TEXT)
    throw new ExpressionError(`${name} makes a text of more than ${LONGEST_TEXT} characters`, 0)
}

function join(list: Value[], separator: string): string {
  const texts = list.map((item) => toText(item) ?? '')
  checkLength(
    texts.reduce((length, item) => length + item.length + separator.length, 0),
    'join',
  )
  return texts.join(separator)
}

function replace(value: string, from: string, to: string): string {
  const count = value.split(from).length - 1
  checkLength(value.length + count * (to.length - from.length), 'replace')
  return value.replaceAll(from, () => to)
}

// Every character of the second argument separates.
function split(value: string, separators: string): string[] {
  const parts = ['']
  const marks = new Set(separators)
  for (const char of value) {
    if (marks.has(char)) parts.push('')
    else parts[parts.length - 1] += char
  }
  return parts
}

function format(pattern: string, args: Value[]): string {
  let length = pattern.length
  return pattern.replace(/\{\{|\}\}|\{(\d+)\}|[{}]/g, (match: string, index: string | undefined) => {
    if (match === '{{') return '{'
    if (match === '}}') return '}'
    const number = index === undefined ? undefined : toNumber(index)
    if (number === undefined || number >= args.length) {
      throw new ExpressionError(`format: ${match} in ${JSON.stringify(pattern)} has no argument`, 0)
    }
    const part = text(args[number], 'format')
    length += part.length
    checkLength(length, 'format')
    return part
  })
}
