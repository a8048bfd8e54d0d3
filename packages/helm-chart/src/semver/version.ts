/** A version as Masterminds/semver reads it: `v` in front and missing minor or patch are allowed. */
export interface Version {
  readonly major: bigint
  readonly minor: bigint
  readonly patch: bigint
  readonly prerelease: string
  readonly metadata: string
  /** The text it was read from. */
  readonly original: string
}

const loose =
  /^v?([0-9]+)(?:\.([0-9]+))?(?:\.([0-9]+))?(?:-([0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*))?(?:\+([0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*))?$/
const maxUint64 = (1n << 64n) - 1n

/** Reads a version; throws an Error with the library's own text. */
export function parseVersion(text: string): Version {
  const match = loose.exec(text)
  if (!match) throw new Error('invalid semantic version')
  const [, major = '0', minor = '0', patch = '0', prerelease = '', metadata = ''] = match
  const segments = { major: segment(major), minor: segment(minor), patch: segment(patch) }
  if (prerelease.split('.').some((part) => /^0[0-9]+$/.test(part))) throw new Error('version segment starts with 0')
  return {
    ...segments,
    prerelease,
    metadata,
    original: text,
  }
}

function segment(digits: string): bigint {
  const value = uint64In(digits)
  if (value === undefined) {
    throw new Error(`error parsing version segment: strconv.ParseUint: parsing "${digits}": value out of range`)
  }
  return value
}

/** strconv.ParseUint; undefined for what are no digits, or too many of them. */
function uint64In(text: string): bigint | undefined {
  const digits = /^0*([0-9]{1,20})$/.exec(text)?.[1]
  const value = digits === undefined ? undefined : BigInt(digits)
  return value === undefined || value > maxUint64 ? undefined : value
}

/** Whether Helm accepts the text as a version. */
export function isVersion(text: string): boolean {
  try {
    parseVersion(text)
    return true
  } catch {
    return false
  }
}

/** The canonical form, `1.2.3-rc.1+build`. */
export function formatVersion(version: Version): string {
  const core = `${version.major}.${version.minor}.${version.patch}`
  return `${core}${version.prerelease && `-${version.prerelease}`}${version.metadata && `+${version.metadata}`}`
}

/** Order of precedence (semver.org, section 11); build metadata does not count. */
export function compareVersions(a: Version, b: Version): number {
  if (a.major !== b.major) return a.major < b.major ? -1 : 1
  if (a.minor !== b.minor) return a.minor < b.minor ? -1 : 1
  if (a.patch !== b.patch) return a.patch < b.patch ? -1 : 1
  return comparePrereleases(a.prerelease, b.prerelease)
}

/** Order of prereleases; none at all is the highest. */
export function comparePrereleases(a: string, b: string): number {
  if (a === b) return 0
  if (a === '') return 1
  if (b === '') return -1
  const left = a.split('.')
  const right = b.split('.')
  for (let i = 0; i < Math.max(left.length, right.length); i++) {
    const order = compareIdentifiers(left[i], right[i])
    if (order !== 0) return order
  }
  return 0
}

function compareIdentifiers(a: string | undefined, b: string | undefined): number {
  if (a === b) return 0
  if (a === undefined) return -1
  if (b === undefined) return 1
  const [aNumber, bNumber] = [uint64In(a), uint64In(b)]
  if (aNumber !== undefined && bNumber !== undefined) return aNumber < bNumber ? -1 : aNumber > bNumber ? 1 : 0
  if (aNumber !== undefined) return -1
  if (bNumber !== undefined) return 1
  return a < b ? -1 : 1
}
