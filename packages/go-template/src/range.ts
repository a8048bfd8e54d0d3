import { spend } from './budget.ts'
import { sprint } from './fmt.ts'
import { sortedKeys } from './map-keys.ts'
import { GoInteger, integerOf, isMap, underlyingOf } from './values.ts'

/** One turn of a loop: index (or key) and element; true ends the loop. */
export type Turn = (index: unknown, element: unknown) => boolean

/** What a {{range}} does with a value that it cannot go over. */
export interface RangeSite {
  readonly rangesOverIntegers: boolean
  /** How many variables the loop sets. */
  readonly variables: number
  readonly fail: (message: string) => never
}

/** Runs a {{range}}: slices, bytes, integers, and maps in the order of their keys. False when there is nothing to go over. */
export function rangeOver(value: unknown, turn: Turn, site: RangeSite): boolean {
  const collection = underlyingOf(value)
  if (collection === undefined || collection === null) return false
  if (Array.isArray(collection)) return overSlice(collection, turn)
  if (collection instanceof Uint8Array) return overSlice(Array.from(collection, BigInt), turn)
  const int = integerOf(collection)
  if (int !== undefined && site.rangesOverIntegers) {
    if (site.variables > 1) site.fail(`can't use ${int} to iterate over more than one variable`)
    const typeName = collection instanceof GoInteger ? collection.typeName : undefined
    const element = (i: bigint) => (typeName === undefined ? i : new GoInteger(typeName, i))
    for (let i = 0n; i < int; i++) if (turn(undefined, element(i))) break
    return int > 0n
  }
  if (isMap(collection)) return overMap(collection, turn)
  return site.fail(`range can't iterate over ${sprint(collection)}`)
}

function overSlice(slice: readonly unknown[], turn: Turn): boolean {
  const { length } = slice
  for (let i = 0; i < length; i++) if (turn(BigInt(i), slice[i])) break
  return length > 0
}

/** The entries are those from before the first turn, as Go copies them too. */
function overMap(map: Record<string, unknown>, turn: Turn): boolean {
  const keys = sortedKeys(map)
  spend(keys.length * 16)
  const values = keys.map((key) => map[key])
  for (let i = 0; i < keys.length; i++) if (turn(keys[i], values[i])) break
  return keys.length > 0
}
