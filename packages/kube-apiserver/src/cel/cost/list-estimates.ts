import type { CallEstimate, CostedCall, Operand } from './call-estimates.ts'
import { add, fixed, multiply, type Range, scale, UNBOUNDED } from './range.ts'

/** What making a list costs. */
export const LIST = 10
/** Comparing items with one another: once to find, once to place; texts have to be read. */
export const comparisonFactor = (ofTexts: boolean): number => (ofTexts ? 2.1 : 2)

/** What calls on lists cost that make a list anew, by name (cel-go's ext/lists.go); `@sortByAssociatedKeys` is sortBy(). */
export const LIST_ESTIMATES: Record<string, (call: CostedCall) => CallEstimate | undefined> = {
  slice: ({ target, args: [start, end] }) =>
    target && made(1, fixed(Math.max(0, numberOf(end, target.size.max) - numberOf(start, 0)))),
  'lists.range': ({ args: [count] }) => made(1, fixed(numberOf(count, UNBOUNDED))),
  reverse: ({ target }) => target && made(1, target.size),
  flatten: ({ target, args: [depth] }) => target && made(depth ? numberOf(depth, UNBOUNDED) : 1, target.size),
  distinct: ({ target }) => target && made(comparisonFactor(false), multiply(target.size, target.size)),
  sort: ({ target }) => target && sorted(target),
  '@sortByAssociatedKeys': ({ args: [keys] }) => keys && sorted(keys),
  'sets.contains': compared(1),
  'sets.intersects': compared(1),
  'sets.equivalent': compared(2),
}

/** A call that makes a list of some size. */
function made(factor: number, size: Range): CallEstimate {
  return { cost: add(scale(size, factor), fixed(1 + LIST)), size }
}

function sorted({ size, type }: Operand): CallEstimate {
  const item = type.parameters[0]?.name
  return made(comparisonFactor(item === 'string' || item === 'bytes'), multiply(size, size))
}

function compared(factor: number): (call: CostedCall) => CallEstimate | undefined {
  return ({ args: [a, b] }) => a && b && { cost: add(scale(multiply(a.size, b.size), factor), fixed(1)) }
}

/** The number that an argument spells out. */
function numberOf(operand: Operand | undefined, otherwise: number): number {
  if (operand?.expr?.kind !== 'literal' || typeof operand.expr.value !== 'bigint') return otherwise
  return Math.max(0, Number(operand.expr.value))
}
