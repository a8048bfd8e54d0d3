import { isObject } from '../json.ts'
import { PathFault, parsePath, type Step } from './parse.ts'

/** The paths of definitions are few, and asked again and again. */
const parsed = new Map<string, Step[] | PathFault>()

function stepsOf(path: string): Step[] | PathFault {
  let steps = parsed.get(path)
  if (!steps) {
    try {
      steps = parsePath(path)
    } catch (error) {
      if (!(error instanceof PathFault)) throw error
      steps = error
    }
    if (parsed.size >= 1000) parsed.clear()
    parsed.set(path, steps)
  }
  return steps
}

export const isJsonPath = (path: string): boolean => !(stepsOf(path) instanceof PathFault)

/** The values at a path, where keys may be missing; none when the path does not fit the value. */
export function evaluateJsonPath(root: unknown, path: string): unknown[] {
  const steps = stepsOf(path)
  if (steps instanceof PathFault) return []
  try {
    return walk([root], steps, lenient).map((value) => (typeof value === 'bigint' ? Number(value) : value))
  } catch (error) {
    if (error instanceof PathFault) return []
    throw error
  }
}

/** How values are taken. */
export interface Rules {
  /** Keys may be missing. */
  readonly allowsMissing: boolean
  /** All numbers are of Go's float64, and none a whole number to it. */
  readonly floats: boolean
}

const lenient: Rules = { allowsMissing: true, floats: false }

/** What is found from these values on. Throws PathFault. */
export function walk(values: unknown[], steps: Step[], rules: Rules): unknown[] {
  return steps.reduce((current, step) => take(current, step, rules), values)
}

function take(values: unknown[], step: Step, rules: Rules): unknown[] {
  switch (step.kind) {
    case 'field':
      return fieldsOf(values, step.name, rules)
    case 'wildcard':
      return values.flatMap(childrenOf)
    case 'recursive':
      return values.flatMap(withDescendants)
    case 'slice':
      return values.filter((value) => value !== null).flatMap((value) => sliced(value, step))
    case 'union':
      return step.paths.flatMap((path) => walk(values, path, rules))
    case 'filter':
      return values.flatMap((value) => filtered(value, step, rules))
    case 'literal':
      return values.map(() => step.value)
    case 'keyword':
      throw new PathFault(`unrecognized identifier ${step.name}`)
  }
}

function fieldsOf(values: unknown[], name: string, { allowsMissing }: Rules): unknown[] {
  const found = values.flatMap((value) => (isObject(value) && Object.hasOwn(value, name) ? [value[name]] : []))
  if (values.length > 0 && found.length === 0 && !allowsMissing) throw new PathFault(`${name} is not found`)
  return found
}

function childrenOf(value: unknown): unknown[] {
  if (Array.isArray(value)) return value
  return isObject(value) ? Object.values(value) : []
}

/** A value that holds others, and all of those that do. */
function withDescendants(value: unknown): unknown[] {
  const children = childrenOf(value)
  return children.length === 0 ? [] : [value, ...children.flatMap(withDescendants)]
}

function sliced(value: unknown, { from, to, step = 1, single }: Extract<Step, { kind: 'slice' }>): unknown[] {
  if (!Array.isArray(value)) throw new PathFault('not an array or slice')
  const { length } = value
  const fromEnd = (index: number): number => (index < 0 ? index + length : index)
  const start = fromEnd(from ?? 0)
  const end = single ? start + 1 : fromEnd(to ?? length)
  if (start === end) return []
  const isWithin = start >= 0 && start < length && end >= 0 && end <= length && start < end
  if (!isWithin || step <= 0) throw new PathFault('array index out of bounds')
  return value.slice(start, end).filter((_, index) => index % step === 0)
}

function filtered(
  value: unknown,
  { left, operator, right }: Extract<Step, { kind: 'filter' }>,
  rules: Rules,
): unknown[] {
  if (!Array.isArray(value)) throw new PathFault('not an array or slice and cannot be filtered')
  return value.filter((item) => {
    if (operator === 'exists') return walk([item], left, { ...rules, allowsMissing: true }).length > 0
    const [a, ...others] = walk([item], left, rules)
    const [b, ...more] = walk([item], right, rules)
    if (a === undefined || b === undefined) return false
    if (others.length > 0 || more.length > 0) throw new PathFault('can only compare one element at a time')
    return compares(a, operator, b, rules)
  })
}

/** As Go's templates compare: values of one kind only, and booleans for equality only. */
function compares(a: unknown, operator: string, b: unknown, rules: Rules): boolean {
  if (kindOf(a, rules) !== kindOf(b, rules)) throw new PathFault('incompatible types for comparison')
  const [left, right] = [a, b].map((value) => (typeof value === 'bigint' ? Number(value) : value)) as [string, string]
  if (operator === '==') return left === right
  if (operator === '!=') return left !== right
  if (typeof a === 'boolean') throw new PathFault('invalid type for comparison')
  switch (operator) {
    case '<':
      return left < right
    case '>':
      return left > right
    case '<=':
      return left <= right
    case '>=':
      return left >= right
    default:
      throw new PathFault(`unrecognized filter operator ${operator}`)
  }
}

function kindOf(value: unknown, { floats }: Rules): string {
  if (typeof value === 'bigint') return 'integer'
  if (typeof value === 'number') return Number.isInteger(value) && !floats ? 'integer' : 'float'
  if (typeof value === 'string' || typeof value === 'boolean') return typeof value
  throw new PathFault('invalid type for comparison')
}
