const UNITS: Record<string, number> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 }

/** Milliseconds of a Go duration such as `5m` or `1h30m`; the CRD's pattern admits no others. */
export function parseDuration(duration: string): number {
  return [...duration.matchAll(/([0-9.]+)(ms|s|m|h)/g)].reduce(
    (sum, [, amount, unit = 's']) => sum + Number(amount) * (UNITS[unit] ?? 0),
    0,
  )
}
