/** In a pattern: any number of items, also none. */
export const GAP = Symbol('gap')

/** A pattern of items that are each tested, and gaps between them. */
export type Wildcard<T> = readonly (((item: T) => boolean) | typeof GAP)[]

/**
 * Whether items fit a pattern. A gap takes as little as it can, and only the last one that was come to is given more: whatever fits, fits
 * so, and the time is at most the product of both lengths. A regular expression of the same would try every way to share out the items.
 */
export function fits<T>(pattern: Wildcard<T>, items: ArrayLike<T>): boolean {
  let place = 0
  let gap: { end: number; next: number } | undefined
  for (let at = 0; at < items.length; ) {
    const wanted = pattern[place]
    if (wanted === GAP) {
      place++
      gap = { end: at, next: place }
    } else if (wanted?.(items[at] as T)) {
      place++
      at++
    } else {
      if (!gap) return false
      gap.end++
      at = gap.end
      place = gap.next
    }
  }
  return pattern.slice(place).every((rest) => rest === GAP)
}

/** Whether a text fits a pattern in which `*` stands for any characters and `?` for one. */
export function fitsText(pattern: string, text: string): boolean {
  const tests = Array.from(pattern, (char): Wildcard<string>[number] => {
    if (char === '*') return GAP
    return char === '?' ? () => true : (found) => found === char
  })
  return fits(tests, Array.from(text))
}
