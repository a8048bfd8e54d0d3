type Interval = readonly [first: number, last: number]

/** Indexes of a Job, such as `1,3-5`: how many there are, or why they can not be read (validateIndexesFormat). */
export function indexesOf(text: string, completions: number): { total: number; fault?: string } {
  let total = 0
  let previous: number | undefined
  for (const part of text === '' ? [] : text.split(',')) {
    const interval = intervalOf(part, completions)
    if (typeof interval === 'string') return { total: 0, fault: interval }
    const [first, last] = interval
    if (previous !== undefined && previous >= first) return { total: 0, fault: decreasing(previous, first) }
    total += last - first + 1
    previous = last
  }
  return { total }
}

/** The first index that two lists share; parts that can not be read are told elsewhere. */
export function overlapOf(completed: string, failed: string, completions: number): number | undefined {
  const intervals = (text: string) =>
    (text === '' ? [] : text.split(',').map((part) => intervalOf(part, completions))).filter(
      (interval): interval is Interval => typeof interval !== 'string',
    )
  const [left, right] = [intervals(completed), intervals(failed)]
  for (let at = 0, of = 0; at < left.length && of < right.length; ) {
    const [[a, b], [x, y]] = [left[at] as Interval, right[of] as Interval]
    if (a <= y && x <= b) return Math.max(a, x)
    if (a <= x) at += 1
    else of += 1
  }
  return undefined
}

const decreasing = (previous: number, current: number): string =>
  `non-increasing order, previous: ${previous}, current: ${current}`

function intervalOf(text: string, completions: number): Interval | string {
  const parts = text.split('-')
  const shown = JSON.stringify
  if (parts.length > 2) {
    return `the fragment ${shown(text)} violates the requirement that an index interval can have at most two parts separated by '-'`
  }
  for (const part of parts) {
    if (!/^\+?\d+$/.test(part)) return `cannot convert string to integer for index: ${shown(part)}`
    if (Number(part) >= completions) return `too large index: ${shown(part)}`
  }
  const [first = 0, last = first] = parts.map(Number)
  return parts.length > 1 && first >= last ? decreasing(first, last) : [first, last]
}
