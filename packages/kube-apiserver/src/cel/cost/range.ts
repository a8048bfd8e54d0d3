/** The least and the most that something can cost, or how many characters or items it can have. */
export interface Range {
  min: number
  max: number
}

/** As much as cel-go counts to. */
export const UNBOUNDED = 2 ** 64

const capped = (value: number): number => Math.min(value, UNBOUNDED)

export const fixed = (value: number): Range => ({ min: value, max: value })
export const ANY: Range = { min: 0, max: UNBOUNDED }

export function add(...ranges: Range[]): Range {
  return ranges.reduce((sum, { min, max }) => ({ min: capped(sum.min + min), max: capped(sum.max + max) }), fixed(0))
}

export function multiply(a: Range, b: Range): Range {
  return { min: capped(a.min * b.min), max: capped(a.max * b.max) }
}

/** Rounded up to whole units. */
export function scale({ min, max }: Range, factor: number): Range {
  return { min: capped(Math.ceil(min * factor)), max: capped(Math.ceil(max * factor)) }
}

/** From the least of both to the most of both. */
export function union(a: Range, b: Range): Range {
  return { min: Math.min(a.min, b.min), max: Math.max(a.max, b.max) }
}
