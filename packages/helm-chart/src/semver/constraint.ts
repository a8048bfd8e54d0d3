import { RE2JS } from 're2js'
import { comparePrereleases, compareVersions, parseVersion, type Version } from './version.ts'

const version =
  'v?([0-9xX*|]+)(\\.[0-9xX*|]+)?(\\.[0-9xX*|]+)?(-[0-9A-Za-z-]+(?:\\.[0-9A-Za-z-]+)*)?(?:\\+[0-9A-Za-z-]+(?:\\.[0-9A-Za-z-]+)*)?'
const anonymous = version.replaceAll(/\((?!\?)/g, '(?:')
const operatorList = '(?:!=|>=|=>|<=|=<|~>|=|>|<|~|\\^)'
// Go's \s, which is ASCII.
const space = '[\\t\\n\\f\\r ]'
// Each text matches these in one way only: a constraint is hostile input, and where there are two ways, there are ever so many.
const one = new RegExp(`^(${operatorList}?)${space}*(${version})$`)
const bare = `(?:${operatorList}${space}*)?${anonymous}`
const each = new RegExp(bare, 'g')
const valid = new RegExp(`^${space}*${bare}(?:(?:${space}*,${space}*|${space}+)${bare})*${space}*$`)
const hyphen = /[\t\n\f\r ]-[\t\n\f\r ]/
/** Unlike the others it is looked for anywhere, in linear time only by an automaton. */
const range = lazy(() => RE2JS.compile(`\\s*(${anonymous})\\s+-\\s+(${anonymous})\\s*`))

function lazy<T>(make: () => T): () => T {
  let made: T | undefined
  return () => {
    made ??= make()
    return made
  }
}

interface Comparator {
  readonly operator: string
  readonly version: Version
  /** A part was left out or was `x`: the comparison is with a range of versions. */
  readonly dirty: boolean
  readonly minorDirty: boolean
  readonly patchDirty: boolean
}

/** A version constraint in the language of Masterminds/semver, e.g. `>=1.21-0 <2 || ~3.1`. */
export interface Constraint {
  check(candidate: Version): boolean
}

/** Reads a constraint; throws an Error with the library's own text. */
export function parseConstraint(text: string): Constraint {
  const groups = rewriteRanges(text).split('||').map(parseGroup)
  return { check: (candidate) => groups.some((group) => matchesGroup(group, candidate)) }
}

/** Whether the version lies in the range; false too when either cannot be read, as Helm does. */
export function isInRange(constraint: string, candidate: string): boolean {
  try {
    return parseConstraint(constraint).check(parseVersion(candidate))
  } catch {
    return false
  }
}

function rewriteRanges(text: string): string {
  return hyphen.test(text) ? range().matcher(text).replaceAll('>= $1, <= $2 ') : text
}

function parseGroup(text: string): Comparator[] {
  if (!valid.test(text)) throw new Error(`improper constraint: ${text}`)
  return (text.match(each) ?? []).map(parseComparator)
}

function parseComparator(text: string): Comparator {
  const match = one.exec(text)
  if (!match) throw new Error(`improper constraint: ${text}`)
  const [, operator = '', , major = '', minor = '', patch = '', prerelease = ''] = match
  if (isWild(major)) {
    return { operator, version: parsePart(`0.0.0${prerelease}`), dirty: true, minorDirty: false, patchDirty: false }
  }
  if (isWild(minor.slice(1))) {
    const version = parsePart(`${major}.0.0${prerelease}`)
    return { operator, version, dirty: true, minorDirty: true, patchDirty: false }
  }
  if (isWild(patch.slice(1))) {
    const version = parsePart(`${major}${minor}.0${prerelease}`)
    return { operator, version, dirty: true, minorDirty: false, patchDirty: true }
  }
  const version = parsePart(`${major}${minor}${patch}${prerelease}`)
  return { operator, version, dirty: false, minorDirty: false, patchDirty: false }
}

function isWild(part: string): boolean {
  return part === '' || part === 'x' || part === 'X' || part === '*'
}

function parsePart(text: string): Version {
  try {
    return parseVersion(text)
  } catch {
    throw new Error('constraint parser error')
  }
}

function matchesGroup(group: readonly Comparator[], candidate: Version): boolean {
  // A prerelease only matches a group that names a prerelease itself.
  const wantsPrereleases = group.some((comparator) => comparator.version.prerelease !== '')
  if (candidate.prerelease !== '' && !wantsPrereleases) return false
  return group.every((comparator) => matches(comparator, candidate))
}

function matches(comparator: Comparator, candidate: Version): boolean {
  const order = compareVersions(candidate, comparator.version)
  switch (comparator.operator) {
    case '!=':
      return differs(comparator, candidate)
    case '>':
      return isGreater(comparator, candidate)
    case '<':
      return order < 0
    case '>=':
    case '=>':
      return order >= 0
    case '<=':
    case '=<':
      return isAtMost(comparator, candidate)
    case '~':
    case '~>':
      return matchesTilde(comparator, candidate)
    case '^':
      return matchesCaret(comparator, candidate)
    default:
      return comparator.dirty ? matchesTilde(comparator, candidate) : order === 0
  }
}

function differs(comparator: Comparator, candidate: Version): boolean {
  const { version, dirty, minorDirty, patchDirty } = comparator
  if (!dirty) return compareVersions(candidate, version) !== 0
  if (candidate.major !== version.major) return true
  if (minorDirty) return false
  if (candidate.minor !== version.minor) return true
  if (patchDirty) return comparePrereleases(candidate.prerelease, version.prerelease) !== 0
  return compareVersions(candidate, version) !== 0
}

function isGreater(comparator: Comparator, candidate: Version): boolean {
  const { version, dirty, minorDirty, patchDirty } = comparator
  if (!dirty) return compareVersions(candidate, version) > 0
  if (candidate.major !== version.major) return candidate.major > version.major
  if (minorDirty) return false
  if (patchDirty) return candidate.minor > version.minor
  return compareVersions(candidate, version) > 0
}

function isAtMost(comparator: Comparator, candidate: Version): boolean {
  const { version, dirty, minorDirty } = comparator
  if (!dirty) return compareVersions(candidate, version) <= 0
  if (candidate.major > version.major) return false
  return !(candidate.major === version.major && candidate.minor > version.minor && !minorDirty)
}

function matchesTilde(comparator: Comparator, candidate: Version): boolean {
  const { version, minorDirty, patchDirty } = comparator
  if (compareVersions(candidate, version) < 0) return false
  // ~0.0.0 accepts everything.
  const isZero = version.major === 0n && version.minor === 0n && version.patch === 0n
  if (isZero && !minorDirty && !patchDirty) return true
  if (candidate.major !== version.major) return false
  return candidate.minor === version.minor || minorDirty
}

function matchesCaret(comparator: Comparator, candidate: Version): boolean {
  const { version, minorDirty, patchDirty } = comparator
  if (compareVersions(candidate, version) < 0) return false
  if (version.major > 0n || minorDirty) return candidate.major === version.major
  if (candidate.major > 0n) return false
  if (version.minor > 0n || patchDirty) return candidate.minor === version.minor
  if (candidate.minor > 0n) return false
  return candidate.patch === version.patch
}
