/**
 * Whether a time is less than so many milliseconds ago. One that is yet to come is not: then the clock was put back, and what was to
 * be for seconds would be for as long as that.
 */
export function isWithin(now: number, since: number, span: number): boolean {
  return now >= since && now - since < span
}
