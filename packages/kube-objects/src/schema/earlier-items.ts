import { identityOf, isObject, type JsonObject } from '../json.ts'

/**
 * Tells what an item of a list was before: only items of lists with keys have a past (KEP-2876: correlatable paths). Of two alike
 * the first counts.
 */
export function earlierItems(
  old: unknown,
  { listType, listMapKeys = [] }: { listType?: unknown; listMapKeys?: readonly string[] },
): (item: unknown) => JsonObject | undefined {
  if (listType !== 'map' || !Array.isArray(old)) return () => undefined
  const keyOf = (item: JsonObject): unknown => identityOf(listMapKeys.map((key) => item[key] ?? null))
  const known = new Map(
    old
      .filter(isObject)
      .toReversed()
      .map((item) => [keyOf(item), item]),
  )
  return (item) => (isObject(item) ? known.get(keyOf(item)) : undefined)
}
