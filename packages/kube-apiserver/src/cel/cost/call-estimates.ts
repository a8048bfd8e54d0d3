import type { Expr } from '../check/tree.ts'
import { sameType, type Type } from '../check/types.ts'
import { LIST, LIST_ESTIMATES } from './list-estimates.ts'
import { ANY, add, fixed, multiply, type Range, scale, union } from './range.ts'

/** What reading one character of a text costs, and one of a pattern (cel-go's common/cost.go). */
export const PER_CHARACTER = 0.1
export const PER_PATTERN_CHARACTER = 0.25
/** What making a map or an object costs. */
export const MAP = 30
const OBJECT = 40
/** An authorization check costs as much as that an expression has no more than two (apiserver's cel/library/cost.go). */
export const CHECK = 350_000
/** The longest pattern behind a named format. */
export const FORMAT_PATTERN = 128

/** A receiver or an argument of a call. */
export interface Operand {
  expr: Expr | undefined
  type: Type
  size: Range
  /** The size of its items, when it is a list whose items have one. */
  items: Range | undefined
  cost: Range
}

export interface CallEstimate {
  cost: Range
  /** The size of what comes out; undefined = as large as its type can be. */
  size?: Range | undefined
}

/** A call as far as its cost goes: the receiver of a method is `target`. */
export interface CostedCall {
  /** Its declared arguments, such as `string, string`, the receiver first. */
  parameters: string
  target: Operand | undefined
  args: Operand[]
}

type Estimate = (call: CostedCall) => CallEstimate | undefined

const nominal: Estimate = () => ({ cost: fixed(1) })
/** Reads the argument, or the receiver, some times over. */
const reads =
  (times: number, from: 'target' | 'argument', hasSize = false): Estimate =>
  ({ target, args: [argument] }) => {
    const read = from === 'target' ? target : argument
    if (!read) return undefined
    return { cost: scale(read.size, times * PER_CHARACTER), size: hasSize ? read.size : undefined }
  }

/** What a pattern of some length costs on a text of some length. */
function patternCost(text: Range, pattern: Range): Range {
  return multiply(scale(add(text, fixed(1)), PER_CHARACTER), scale(pattern, PER_PATTERN_CHARACTER))
}

/** Comparing two networks of 4 to 16 bytes; a text has to be read first. */
const contains =
  (isNetwork: boolean): Estimate =>
  ({ parameters, args: [other] }) => {
    const bytes: Range = { min: 4, max: 16 }
    const masking = isNetwork ? add(scale(bytes, PER_CHARACTER), fixed(1)) : fixed(0)
    const reading = other && parameters.endsWith('string') ? scale(other.size, PER_CHARACTER) : fixed(0)
    return { cost: add(scale(add(bytes, bytes), PER_CHARACTER), masking, reading) }
  }

/** Walking along a list, or a text. */
const walks: Estimate = ({ target }) => {
  if (!target) return undefined
  const [item] = target.type.parameters
  if (!item) return { cost: scale(target.size, PER_CHARACTER) }
  const isText = item.name === 'string' || item.name === 'bytes'
  const perItem = isText ? add(fixed(1), scale(target.items ?? ANY, PER_CHARACTER)) : fixed(1)
  return { cost: multiply(target.size, perItem) }
}

const replace: Estimate = ({ target, args: [old, by] }) => {
  if (!target || !old || !by) return undefined
  const { size } = target
  const counts = (characters: number, shortest: number, longest: number, grows: boolean): [number, number] => {
    if (shortest === 0) return [characters + 1, characters]
    return grows ? [Math.ceil(characters / shortest), 0] : [0, longest]
  }
  const [most, keptMost] = counts(size.max, old.size.min, size.max, by.size.max > old.size.min)
  const [least, keptLeast] = counts(size.min, old.size.max, size.min, by.size.min < old.size.max)
  const result = add(multiply({ min: least, max: most }, by.size), { min: keptLeast, max: keptMost })
  return { cost: scale(size, 2 * PER_CHARACTER), size: result }
}

const split: Estimate = ({ target, args: [, limit] }) => {
  if (!target) return undefined
  const most =
    limit?.expr?.kind === 'literal' && typeof limit.expr.value === 'bigint' ? Number(limit.expr.value) : target.size.max
  return { cost: scale(target.size, 2 * PER_CHARACTER), size: { min: 0, max: most } }
}

const join: Estimate = ({ target, args: [separator] }) => {
  if (!target) return undefined
  const { size: count, items = ANY } = target
  const separators: Range = { min: Math.max(0, count.min - 1), max: Math.max(0, count.max - 1) }
  const between = separator ? multiply(separator.size, separators) : fixed(0)
  const size = add(target.type.parameters.length > 0 ? multiply(count, items) : fixed(0), between)
  return { cost: scale(size, PER_CHARACTER), size }
}

const selector: Estimate = ({ args: [text] }) => {
  if (!text) return undefined
  const requirements = scale(scale(text.size, 0.5), LIST + OBJECT)
  return { cost: add(fixed(LIST), scale(text.size, PER_CHARACTER), requirements) }
}

const find: Estimate = ({ target, args: [pattern] }) =>
  target && pattern && { cost: patternCost(target.size, pattern.size), size: { min: 0, max: target.size.max } }

export const CHEAP = [
  ...['serviceAccount', 'path', 'group', 'resource', 'subresource', 'namespace', 'name'],
  ...['allowed', 'reason', 'error', 'errored'],
  ...['masked', 'prefixLength', 'family', 'isUnspecified', 'isLoopback', 'isLinkLocalMulticast'],
  ...['isLinkLocalUnicast', 'isGlobalUnicast', 'format.named', 'sign', 'asInteger', 'isInteger'],
  ...['asApproximateFloat', 'isGreaterThan', 'isLessThan', 'compareTo', 'add', 'sub', 'major', 'minor', 'patch'],
  ...['getScheme', 'getHostname', 'getHost', 'getPort', 'getEscapedPath', 'getQuery'],
]
/** Types that are compared in one step. */
const COMPARED_AT_ONCE = /^net\.|^kubernetes\.(?:Quantity|Semver|authorization\.\w+)$/

/** What apiserver's library says of its calls (cel/library/cost.go), by name. */
const LIBRARY: Record<string, Estimate> = {
  ...Object.fromEntries(CHEAP.map((name) => [name, nominal])),
  check: () => ({ cost: fixed(CHECK) }),
  ...LIST_ESTIMATES,
  fieldSelector: selector,
  labelSelector: selector,
  ...Object.fromEntries(['isSorted', 'sum', 'max', 'min', 'indexOf', 'lastIndexOf'].map((name) => [name, walks])),
  url: reads(1, 'argument', true),
  ...Object.fromEntries(
    ['lowerAscii', 'upperAscii', 'substring', 'trim'].map((name) => [name, reads(1, 'target', true)]),
  ),
  replace,
  split,
  join,
  find,
  findAll: find,
  ...Object.fromEntries(
    ['cidr', 'isIP', 'isCIDR', 'quantity', 'isQuantity', 'semver', 'isSemver'].map((name) => [
      name,
      reads(1, 'argument'),
    ]),
  ),
  ip: (call) => (call.target ? nominal(call) : reads(1, 'argument')(call)),
  'ip.isCanonical': reads(2, 'argument'),
  containsIP: contains(false),
  containsCIDR: contains(true),
  validate: ({ args: [text] }) =>
    text && { cost: scale(scale(text.size, PER_CHARACTER), FORMAT_PATTERN * PER_PATTERN_CHARACTER) },
  '_==_': ({ args: [a, b] }) => {
    if (!a || !b || !sameType(a.type, b.type)) return undefined
    if (a.type.name === 'kubernetes.NamedFormat') return { cost: scale({ min: 1, max: 64 }, PER_CHARACTER) }
    if (a.type.name === 'kubernetes.URL') return { cost: scale({ min: 1, max: b.size.max }, PER_CHARACTER) }
    return COMPARED_AT_ONCE.test(a.type.name) ? { cost: fixed(1) } : undefined
  },
}

const OF_TEXTS = /^(?:string, string|bytes, bytes)$/

/** Comparing stops with the shorter one. */
const compares: Estimate = ({ parameters, args: [a, b] }) => {
  if (!a || !b || !(OF_TEXTS.test(parameters) || parameters === 'A, A')) return undefined
  const max = Math.min(a.size.max, b.size.max)
  return { cost: scale({ min: max > 0 ? 1 : 0, max }, PER_CHARACTER) }
}

const converts =
  (from: string, result: (size: Range) => Range): Estimate =>
  ({ parameters, args: [text] }) =>
    text && parameters === from ? { cost: scale(text.size, PER_CHARACTER), size: result(text.size) } : undefined

/** What cel-go says of its own calls (checker/cost.go), by name. */
const STANDARD: Record<string, Estimate> = {
  ...Object.fromEntries(['_==_', '_!=_', '_<_', '_<=_', '_>_', '_>=_'].map((name) => [name, compares])),
  format: ({ target }) => target && { cost: scale(target.size, PER_CHARACTER) },
  bytes: converts('string', ({ min, max }) => ({ min, max: max * 4 })),
  string: converts('bytes', ({ min, max }) => ({ min: Math.floor(min / 4), max })),
  'strings.quote': converts('string', ({ min, max }) => ({ min: min + 2, max: max * 2 + 2 })),
  startsWith: reads(1, 'argument'),
  endsWith: reads(1, 'argument'),
  '@in': ({ parameters, args: [, list] }) =>
    list && parameters === 'A, list(A)' ? { cost: { ...list.size } } : undefined,
  matches: ({ target, args: [pattern] }) => target && pattern && { cost: patternCost(target.size, pattern.size) },
  contains: ({ target, args: [part] }) =>
    target && part && { cost: multiply(scale(target.size, PER_CHARACTER), scale(part.size, PER_CHARACTER)) },
  '_+_': ({ parameters, args: [a, b] }) => {
    if (!a || !b || !(OF_TEXTS.test(parameters) || parameters === 'list(A), list(A)')) return undefined
    const size = add(a.size, b.size)
    return { cost: OF_TEXTS.test(parameters) ? scale(size, PER_CHARACTER) : fixed(1), size }
  },
}

/** What a call costs besides its arguments. */
export function estimateCall(name: string, call: CostedCall): CallEstimate {
  const own = Object.hasOwn(LIBRARY, name) ? LIBRARY[name]?.(call) : undefined
  const standard = own ?? (Object.hasOwn(STANDARD, name) ? STANDARD[name]?.(call) : undefined)
  return standard ?? { cost: fixed(1) }
}

/** `_&&_` may leave out its second argument, `_?_:_` leaves out one of two. */
export function estimateBranches(name: string, args: Operand[]): CallEstimate | undefined {
  const [first, second, third] = args
  if (!first || !second) return undefined
  if (name === '_&&_' || name === '_||_') {
    return { cost: { min: first.cost.min, max: add(first.cost, second.cost).max } }
  }
  if (name !== '_?_:_' || !third) return undefined
  return { cost: add(first.cost, union(second.cost, third.cost)), size: union(second.size, third.size) }
}
