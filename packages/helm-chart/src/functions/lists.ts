import { asNil, type GoFunction, spend, typeOf, underlyingOf, withSignature, withType } from '@slipway/go-template'
import { deepEqual } from './equal.ts'
import { isEmpty, itemsOf, kindOf, listOf } from './kinds.ts'
import { intOf, toInt64 } from './numbers.ts'
import type { FunctionTable } from './table.ts'

const variadic = { variadic: true }
const list1 = (complaint: string, fn: (items: unknown[]) => unknown) =>
  withSignature(['any'], (list: unknown) => fn(listOf(list, complaint)))

function includes(items: readonly unknown[], needle: unknown): boolean {
  spend(items.length)
  return items.some((item) => deepEqual(needle, item))
}

/** Beyond this, texts are the same to a set that have the same length, until it compares them. */
const longText = 10_000

/** Collections have to be compared one by one, and long texts are: of all else a set tells the same as `deepEqual`. */
function unique(items: readonly unknown[]): unknown[] {
  const plain = new Set<unknown>()
  const others: unknown[] = []
  return items.filter((item) => {
    if (isPlain(item)) return plain.size < plain.add(item ?? null).size
    const isNew = !includes(others, item)
    if (isNew) others.push(item)
    return isNew
  })
}

function isPlain(item: unknown): boolean {
  return typeof item === 'string' ? item.length <= longText : typeof item !== 'object' || item === null
}

function has(needle: unknown, haystack: unknown): boolean {
  if (haystack === null || haystack === undefined) return false
  return includes(listOf(haystack, 'Cannot find has on type'), needle)
}

function slice(list: unknown, ...indices: unknown[]): unknown {
  const items = listOf(list, 'list should be type of slice or array but')
  if (items.length === 0) return null
  const start = indices.length > 0 ? Number(toInt64(indices[0])) : 0
  const end = indices.length > 1 ? Number(toInt64(indices[1])) : items.length
  if (start < 0 || end < start || end > items.length) throw new Error('reflect.Value.Slice: slice index out of bounds')
  return withType(items.slice(start, end), typeOf(underlyingOf(list)))
}

const tooLong = 'runtime error: makeslice: len out of range'

/** Sprig's arithmetic, which also has answers for sizes of zero and less. */
function chunk(size: unknown, list: unknown): unknown[] {
  const items = listOf(list, 'Cannot chunk type')
  const width = intOf(size)
  const count = Math.floor((items.length - 1) / width) + 1
  if (!(count >= 0 && count <= items.length + 1)) throw new Error(tooLong)
  const chunks = Array.from({ length: count }, (_, index) => {
    const length = index === count - 1 ? Math.floor(items.length % width) || width : width
    if (length < 0) throw new Error(tooLong)
    return items.slice(index * width, index * width + length)
  })
  return withType(chunks, '[][]interface {}')
}

function concat(...lists: unknown[]): unknown[] {
  const items = lists.flatMap((list) => {
    const found = itemsOf(list)
    if (!found) throw new Error(`Cannot concat type ${kindOf(list)} as list`)
    spend(found.length * 8)
    return found
  })
  return nilWhenEmpty(items)
}

/** Go's `var list []interface{}` that nothing was added to. */
function nilWhenEmpty(items: unknown[]): unknown[] {
  return items.length === 0 ? asNil(items) : items
}

/** What is left of a list without its first or last item; of an empty one, nothing at all. */
function remaining(part: (items: unknown[]) => unknown[]) {
  return (items: unknown[]) => (items.length === 0 ? asNil([]) : part(items))
}

const basic: Record<string, GoFunction> = {
  append: withSignature(['any', 'any'], (list: unknown, item: unknown) => [
    ...listOf(list, 'Cannot push on type'),
    item ?? null,
  ]),
  prepend: withSignature(['any', 'any'], (list: unknown, item: unknown) => [
    item ?? null,
    ...listOf(list, 'Cannot prepend on type'),
  ]),
  first: list1('Cannot find first on type', (items) => items[0] ?? null),
  rest: list1(
    'Cannot find rest on type',
    remaining((items) => items.slice(1)),
  ),
  last: list1('Cannot find last on type', (items) => items.at(-1) ?? null),
  initial: list1(
    'Cannot find initial on type',
    remaining((items) => items.slice(0, -1)),
  ),
  reverse: list1('Cannot find reverse on type', (items) => items.toReversed()),
  compact: list1('Cannot compact on type', (items) => items.filter((item) => !isEmpty(item))),
  uniq: list1('Cannot find uniq on type', unique),
  without: withSignature(
    ['any', 'any'],
    (list: unknown, ...omit: unknown[]) =>
      listOf(list, 'Cannot find without on type').filter((item) => !includes(omit, item)),
    variadic,
  ),
  has: withSignature(['any', 'any'], has),
  slice: withSignature(['any', 'any'], slice, variadic),
  chunk: withSignature(['int', 'any'], chunk),
}

// In a template, Sprig's `must` forms fail with the same text as the panics of the others.
const must = Object.fromEntries(
  Object.entries({ ...basic, push: basic.append as GoFunction }).map(([name, fn]) => [
    `must${name[0]?.toUpperCase()}${name.slice(1)}`,
    fn,
  ]),
)

const makeList = withSignature(['any'], (...items: unknown[]) => items.map((item) => item ?? null), variadic)

/** Sprig's functions on lists. */
export const listFunctions: FunctionTable = {
  ...basic,
  ...must,
  push: basic.append as GoFunction,
  list: makeList,
  tuple: makeList,
  concat: withSignature(['any'], concat, variadic),
  deepEqual: withSignature(['any', 'any'], deepEqual),
}
