import picomatch from 'picomatch'

/** Whether a name is meant. */
export type Matcher = (name: string) => boolean

/** Means the names that fit one of the patterns: `*` stands for anything but a slash, `**` for anything, `{a,b}` for either. */
export function matcher(patterns: readonly string[]): Matcher {
  const fits = patterns.map((pattern) => picomatch(pattern, { dot: true, nonegate: true }))
  return (name) => fits.some((fit) => fit(name))
}
