/** Stable before beta before alpha, then the higher number (version.CompareKubeAwareVersionStrings). */
export function compareVersions(a: string, b: string): number {
  const [left, right] = [rank(a), rank(b)]
  for (const [index, value] of left.entries()) if (value !== right[index]) return (right[index] ?? 0) - value
  return a < b ? -1 : 1
}

function rank(version: string): number[] {
  const match = /^v(\d+)(?:(alpha|beta)(\d+))?$/.exec(version)
  if (!match) return [0, 0, 0]
  const stability = match[2] === 'alpha' ? 1 : match[2] === 'beta' ? 2 : 3
  return [stability, Number(match[1]), Number(match[3] ?? 0)]
}
