/** The number that an IntOrString stands for: `25%` of a total is rounded. */
export function absolute(value: number | string, total: number, round: (value: number) => number): number {
  if (typeof value === 'number') return value
  return value.endsWith('%') ? round((Number(value.slice(0, -1)) * total) / 100) : Number(value)
}
