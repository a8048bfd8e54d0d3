import { type GoFunction, withSignature, withType } from '@slipway/go-template'
import { deepEqual } from './equal.ts'
import { isEmpty, kindOf, listOf } from './kinds.ts'
import { intOf, toInt64 } from './numbers.ts'
import type { FunctionTable } from './table.ts'

const variadic = { variadic: true }
const list1 = (complaint: string, fn: (items: unknown[]) => unknown) =>
  withSignature(['any'], (list: unknown) => fn(listOf(list, complaint)))

function includes(items: readonly unknown[], needle: unknown): boolean {
  return items.some((item) => deepEqual(needle, item))
}

function unique(items: readonly unknown[]): unknown[] {
  const kept: unknown[] = []
  for (const item of items) if (!includes(kept, item)) kept.push(item)
  return kept
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
  return items.slice(start, end)
}

function chunk(size: unknown, list: unknown): unknown[] {
  const items = listOf(list, 'Cannot chunk type')
  const width = intOf(size)
  if (width <= 0) throw new Error('runtime error: makeslice: len out of range')
  const chunks: unknown[] = []
  for (let at = 0; at < items.length; at += width) chunks.push(items.slice(at, at + width))
  return withType(chunks, '[][]interface {}')
}

function concat(...lists: unknown[]): unknown[] {
  return lists.flatMap((list) => {
    const kind = kindOf(list)
    if (kind !== 'slice' && list !== null && list !== undefined) throw new Error(`Cannot concat type ${kind} as list`)
    return listOf(list, '')
  })
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
  rest: list1('Cannot find rest on type', (items) => items.slice(1)),
  last: list1('Cannot find last on type', (items) => items.at(-1) ?? null),
  initial: list1('Cannot find initial on type', (items) => items.slice(0, -1)),
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
