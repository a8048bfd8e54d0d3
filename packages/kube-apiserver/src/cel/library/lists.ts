import type { Environment } from '@marcbachmann/cel-js'
import { optionalValue } from '../optional.ts'
import { sameValue } from './equality.ts'
import { addNamespace } from './namespace.ts'

type Ordered = bigint | number | string

const compare = (a: Ordered, b: Ordered): number => (a < b ? -1 : a > b ? 1 : 0)

/** apiserver's cel/library/lists.go and version 3 of cel-go's ext/lists.go. */
export function addLists(env: Environment): void {
  const least = (list: Ordered[], better: (a: Ordered, b: Ordered) => boolean): Ordered => {
    const [first, ...rest] = list
    if (first === undefined) throw new Error('min and max need a list that is not empty')
    return rest.reduce((best, one) => (better(one, best) ? one : best), first)
  }
  env.registerFunction('list<dyn>.isSorted(): bool', (list: Ordered[]) =>
    list.every((value, i) => i === 0 || (list[i - 1] as Ordered) <= value),
  )
  env.registerFunction('list<dyn>.sum(): dyn', (list: (bigint | number)[]) =>
    list.length === 0 ? 0n : list.reduce((sum, value) => ((sum as bigint) + (value as bigint)) as bigint),
  )
  env.registerFunction('list<dyn>.min(): dyn', (list: Ordered[]) => least(list, (a, b) => a < b))
  env.registerFunction('list<dyn>.max(): dyn', (list: Ordered[]) => least(list, (a, b) => a > b))
  env.registerFunction('list<dyn>.indexOf(dyn): int', (list: unknown[], value: unknown) =>
    BigInt(list.findIndex((one) => sameValue(one, value))),
  )
  env.registerFunction('list<dyn>.lastIndexOf(dyn): int', (list: unknown[], value: unknown) =>
    BigInt(list.findLastIndex((one) => sameValue(one, value))),
  )
  addRearranging(env)
}

function addRearranging(env: Environment): void {
  env.registerFunction('list<dyn>.slice(int, int): list<dyn>', (list: unknown[], start: bigint, end: bigint) => {
    if (start < 0n || end < start) throw new Error(`cannot slice(${start}, ${end}), negative indexes not supported`)
    if (end > BigInt(list.length)) throw new Error(`cannot slice(${start}, ${end}), list is length ${list.length}`)
    return list.slice(Number(start), Number(end))
  })
  env.registerFunction('list<dyn>.flatten(): list<dyn>', (list: unknown[]) => list.flat())
  env.registerFunction('list<dyn>.flatten(int): list<dyn>', (list: unknown[], depth: bigint) =>
    list.flat(Number(depth)),
  )
  env.registerFunction('list<dyn>.distinct(): list<dyn>', (list: unknown[]) =>
    list.filter((value, index) => list.findIndex((one) => sameValue(one, value)) === index),
  )
  env.registerFunction('list<dyn>.first(): optional<dyn>', (list: unknown[]) => optionalValue(list[0]))
  env.registerFunction('list<dyn>.last(): optional<dyn>', (list: unknown[]) => optionalValue(list.at(-1)))
  env.registerFunction('list<dyn>.reverse(): list<dyn>', (list: unknown[]) => list.toReversed())
  env.registerFunction('list<dyn>.sort(): list<dyn>', (list: Ordered[]) => list.toSorted(compare))
  addNamespace(env, 'lists', {
    'range(int): list<int>': (end: bigint) => Array.from({ length: Number(end) }, (_, index) => BigInt(index)),
  })
}

/** The list in the order of its keys; for `sortBy`. */
export function sortedBy(list: readonly unknown[], keys: readonly Ordered[]): unknown[] {
  return list
    .map((value, index) => ({ value, key: keys[index] as Ordered }))
    .toSorted((a, b) => compare(a.key, b.key))
    .map(({ value }) => value)
}
