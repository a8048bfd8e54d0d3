import { Optional } from '@marcbachmann/cel-js'
import { MATCHES } from '../library/strings.ts'
import { CHEAP, CHECK, PER_CHARACTER, PER_PATTERN_CHARACTER } from './call-estimates.ts'
import { comparisonFactor, LIST } from './list-estimates.ts'

/** How long the patterns behind most named formats are. */
const NAMED_PATTERN = 30

/** What a call with some values costs; the receiver of a method is the first. */
type Cost = (first: unknown, second: unknown, third?: unknown) => number

/** What calls cost before they are made (cel-go's interpreter/runtimecost.go, apiserver's cel/library/cost.go), by name. */
export function costOfCalls(name: string): Cost {
  return (Object.hasOwn(COSTS, name) ? COSTS[name] : undefined) ?? (() => 1)
}

/** Characters, items or entries of a value; anything else is one. */
function sizeOf(value: unknown): number {
  if (typeof value === 'string') return value.length
  if (value instanceof Uint8Array || Array.isArray(value)) return value.length
  if (value instanceof Optional) return value.hasValue() ? sizeOf(value.value()) : 1
  if (typeof value !== 'object' || value === null) return 1
  return Object.getPrototypeOf(value) === Object.prototype ? Object.keys(value).length : 1
}

const scaled = (size: number, factor: number): number => Math.ceil(size * factor)
const reads =
  (times: number): Cost =>
  (text) =>
    scaled(sizeOf(text), times * PER_CHARACTER)

const isText = (value: unknown): boolean => typeof value === 'string' || value instanceof Uint8Array

function patternCost(text: unknown, patternLength: number): number {
  return scaled(1 + sizeOf(text), PER_CHARACTER) * scaled(patternLength, PER_PATTERN_CHARACTER)
}

/** Walking along all that a value is made of. */
function traversal(value: unknown): number {
  if (isText(value)) return Math.floor(sizeOf(value) * PER_CHARACTER)
  if (typeof value !== 'object' || value === null || sizeOf(value) === 1) return 1
  const parts = Array.isArray(value) ? value : Object.entries(value).flat()
  return parts.reduce((sum: number, part: unknown) => sum + traversal(part), 0)
}

const equality: Cost = (a, b) => scaled(Math.min(sizeOf(a), sizeOf(b)), PER_CHARACTER)
const ordering: Cost = (a, b) => (isText(a) && isText(b) ? equality(a, b) : 1)
const conversion =
  (from: (value: unknown) => boolean): Cost =>
  (value) =>
    from(value) ? scaled(sizeOf(value), PER_CHARACTER) : 1

const makesList = (size: number, factor = 1): number => Math.floor(size * factor) + 1 + LIST
const comparesItems: Cost = (list) => {
  const size = sizeOf(list)
  return makesList(size * size, comparisonFactor(Array.isArray(list) && isText(list[0])))
}
const comparesLists =
  (factor: number): Cost =>
  (a, b) =>
    1 + sizeOf(a) * sizeOf(b) * factor

const join: Cost = (list, separator = '') => {
  const items = Array.isArray(list) ? list : []
  const size = items.reduce((sum, item) => sum + sizeOf(item), 0) + Math.max(0, items.length - 1) * sizeOf(separator)
  return scaled(size, 2 * PER_CHARACTER)
}

const each = (names: string[], cost: Cost): Record<string, Cost> =>
  Object.fromEntries(names.map((name) => [name, cost]))

const COSTS: Record<string, Cost> = {
  ...each([...CHEAP], () => 1),
  check: () => CHECK,
  ...each(['fieldSelector', 'labelSelector'], (_, text) => {
    const requirements = scaled(scaled(sizeOf(text), 0.5), 50)
    return LIST + scaled(sizeOf(text), PER_CHARACTER) + requirements
  }),
  ...each(['isSorted', 'sum', 'max', 'min', 'indexOf', 'lastIndexOf'], (list) => traversal(list)),
  ...each(['url', 'lowerAscii', 'upperAscii', 'substring', 'trim', 'startsWith', 'endsWith'], reads(1)),
  ...each(['strings.quote', 'format'], reads(1)),
  ...each(['cidr', 'isIP', 'isCIDR', 'ip', 'quantity', 'isQuantity', 'semver', 'isSemver'], reads(1)),
  ...each(['replace', 'split', 'ip.isCanonical'], reads(2)),
  join,
  ...each(['find', 'findAll', 'matches', MATCHES], (text, pattern) => patternCost(text, sizeOf(pattern))),
  validate: (_, text) => patternCost(text, NAMED_PATTERN),
  contains: (text, part) => scaled(sizeOf(text), PER_CHARACTER) * scaled(sizeOf(part), PER_CHARACTER),
  bytes: conversion((value) => typeof value === 'string'),
  string: conversion((value) => value instanceof Uint8Array),
  ...each(['==', '!='], equality),
  ...each(['<', '<=', '>', '>='], ordering),
  in: (_, container) => (Array.isArray(container) ? container.length : 1),
  '+': (a, b) => (isText(a) && isText(b) ? scaled(sizeOf(a) + sizeOf(b), PER_CHARACTER) : 1),
  slice: (_, start, end) => makesList(Math.max(0, Number(end) - Number(start))),
  'lists.range': (count) => makesList(Math.max(0, Number(count))),
  reverse: (list) => makesList(sizeOf(list)),
  flatten: (list, depth = 1n) => makesList(sizeOf(list), Number(depth)),
  ...each(['distinct', 'sort'], comparesItems),
  ...each(['sets.contains', 'sets.intersects'], comparesLists(1)),
  'sets.equivalent': comparesLists(2),
}
