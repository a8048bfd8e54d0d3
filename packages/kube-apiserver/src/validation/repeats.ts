/**
 * For each item, whether one before it has the same key. In one pass, for a list may have as many items as a body has room for, and
 * nobody is served meanwhile.
 */
export function repeats<T>(items: readonly T[], keyOf: (item: T) => unknown = (item) => item): boolean[] {
  const seen = new Set<unknown>()
  return items.map((item) => {
    const key = keyOf(item)
    const isRepeated = seen.has(key)
    seen.add(key)
    return isRepeated
  })
}
