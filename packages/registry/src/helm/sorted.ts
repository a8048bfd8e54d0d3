/** Puts an item into its place in a sorted array. */
export function insertSorted<T>(items: T[], item: T, compare: (a: T, b: T) => number): void {
  let from = 0
  let to = items.length
  while (from < to) {
    const middle = (from + to) >> 1
    if (compare(items[middle] as T, item) <= 0) from = middle + 1
    else to = middle
  }
  items.splice(from, 0, item)
}

/** Takes an item out, if it is there. */
export function remove<T>(items: T[], item: T): void {
  const index = items.indexOf(item)
  if (index >= 0) items.splice(index, 1)
}
