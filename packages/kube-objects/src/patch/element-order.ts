import { identityOf, isObject } from '../json.ts'

/** The orders that meet in a merged list: the patch's, and the server's before. With a key items are known by it. */
interface Orders {
  patch: unknown[]
  server: unknown[]
  key: string | undefined
}

/**
 * The order of a merged list: items of the patch keep the patch's order and items that only the server has keep theirs;
 * where the two meet the server's order decides, and an item that is new comes first (normalizeElementOrder).
 */
export function inOrder(merged: unknown[], { patch, server, key }: Orders): unknown[] {
  const inPatch = placesIn(patch, key)
  const onServer = placesIn(server, key)
  const patched = merged.filter((item) => inPatch(item) >= 0).toSorted((a, b) => inPatch(a) - inPatch(b))
  const others = merged.filter((item) => inPatch(item) < 0)
  const result: unknown[] = []
  let [next, other] = [0, 0]
  while (next < patched.length && other < others.length) {
    const place = onServer(patched[next])
    result.push(place < 0 || place < onServer(others[other]) ? patched[next++] : others[other++])
  }
  return [...result, ...patched.slice(next), ...others.slice(other)]
}

/** Tells where an item stands in a list for the first time, or -1. */
function placesIn(list: unknown[], key: string | undefined): (item: unknown) => number {
  const identity = (item: unknown): unknown => identityOf(key !== undefined && isObject(item) ? item[key] : item)
  const places = new Map<unknown, number>()
  for (const [index, item] of list.entries()) if (!places.has(identity(item))) places.set(identity(item), index)
  return (item) => places.get(identity(item)) ?? -1
}
