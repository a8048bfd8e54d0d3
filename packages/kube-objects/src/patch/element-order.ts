import { equalJson, isObject } from '../json.ts'

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
  const keyOf = (item: unknown): unknown => (key !== undefined && isObject(item) ? item[key] : item)
  const position = (list: unknown[], item: unknown): number =>
    list.findIndex((other) => equalJson(keyOf(other), keyOf(item)))
  const patched = merged
    .filter((item) => position(patch, item) >= 0)
    .toSorted((a, b) => position(patch, a) - position(patch, b))
  const others = merged.filter((item) => position(patch, item) < 0)
  const result: unknown[] = []
  while (patched.length > 0 && others.length > 0) {
    const left = position(server, patched[0])
    result.push(left < 0 || left < position(server, others[0]) ? patched.shift() : others.shift())
  }
  return [...result, ...patched, ...others]
}
