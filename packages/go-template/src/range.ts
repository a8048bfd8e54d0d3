import { sprint } from './fmt.ts'
import { sortedKeys } from './map-keys.ts'
import { integerOf, isMap, underlyingOf } from './values.ts'

/** What {{range}} goes over: pairs of index (or key) and element; maps in the order of their keys. */
export function rangeEntries(
  value: unknown,
  variables: number,
  fail: (message: string) => never,
): Iterable<readonly [unknown, unknown]> {
  const collection = underlyingOf(value)
  if (collection === undefined || collection === null) return []
  if (Array.isArray(collection)) return sliceEntries(collection)
  if (collection instanceof Uint8Array) return sliceEntries(Array.from(collection, BigInt))
  const int = integerOf(collection)
  if (int !== undefined) {
    if (variables > 1) fail(`can't use ${int} to iterate over more than one variable`)
    return integerEntries(int)
  }
  if (isMap(collection)) return sortedKeys(collection).map((key) => [key, collection[key]] as const)
  return fail(`range can't iterate over ${sprint(collection)}`)
}

function* sliceEntries(slice: readonly unknown[]): Generator<readonly [bigint, unknown]> {
  const { length } = slice
  for (let i = 0; i < length; i++) yield [BigInt(i), slice[i]]
}

function* integerEntries(count: bigint): Generator<readonly [undefined, bigint]> {
  for (let i = 0n; i < count; i++) yield [undefined, i]
}
