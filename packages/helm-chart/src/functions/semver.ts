import { GoInteger, spend, type TemplateObject, withSignature } from '@slipway/go-template'
import { parseConstraint } from '../semver/constraint.ts'
import { compareVersions, formatVersion, parseVersion, type Version } from '../semver/version.ts'
import { structOf } from './struct.ts'
import type { FunctionTable } from './table.ts'

/** What it is worth to read a character of a constraint: a few of them are one that is kept. */
const bytesPerCharacter = 256

const versions = new WeakMap<object, Version>()

/** Go's Version; what its methods return is a value, what parsing returns a pointer. */
function versionObject(version: Version, typeName: '*semver.Version' | 'semver.Version'): TemplateObject {
  const number = (value: bigint) => withSignature([], () => new GoInteger('uint64', value))
  const text = (value: string) => withSignature([], () => value)
  const compared = (result: (order: number) => unknown) =>
    withSignature(['*semver.Version'], (other: unknown) => result(compareVersions(version, versionOf(other))))
  const derived = (next: () => Version) => withSignature([], () => versionObject(next(), 'semver.Version'))
  const object = structOf({
    typeName,
    methods: {
      Major: number(version.major),
      Minor: number(version.minor),
      Patch: number(version.patch),
      Prerelease: text(version.prerelease),
      Metadata: text(version.metadata),
      Original: text(version.original),
      String: text(formatVersion(version)),
      Compare: compared((order) => BigInt(order)),
      Equal: compared((order) => order === 0),
      LessThan: compared((order) => order < 0),
      LessThanEqual: compared((order) => order <= 0),
      GreaterThan: compared((order) => order > 0),
      GreaterThanEqual: compared((order) => order >= 0),
      IncMajor: derived(() => bumped(version, 'major')),
      IncMinor: derived(() => bumped(version, 'minor')),
      IncPatch: derived(() => bumped(version, 'patch')),
      SetPrerelease: withSignature(['string'], (prerelease: string) =>
        versionObject(withSuffixes(version, { prerelease }), 'semver.Version'),
      ),
      SetMetadata: withSignature(['string'], (metadata: string) =>
        versionObject(withSuffixes(version, { metadata }), 'semver.Version'),
      ),
    },
    text: () => formatVersion(version),
    serial: () => formatVersion(version),
  })
  versions.set(object, version)
  return object
}

function versionOf(value: unknown): Version {
  const known = typeof value === 'object' && value !== null ? versions.get(value) : undefined
  if (!known) throw new TypeError('the template engine checks that this is a version')
  return known
}

function withSuffixes(version: Version, suffixes: { prerelease?: string; metadata?: string }): Version {
  const next = { ...version, ...suffixes }
  const valid = parseVersion(formatVersion(next))
  return { ...valid, original: (version.original.startsWith('v') ? 'v' : '') + formatVersion(next) }
}

function bumped(version: Version, part: 'major' | 'minor' | 'patch'): Version {
  const { major, minor, patch, prerelease, original } = version
  const base = { prerelease: '', metadata: '' }
  const next =
    part === 'major'
      ? { ...base, major: major + 1n, minor: 0n, patch: 0n }
      : part === 'minor'
        ? { ...base, major, minor: minor + 1n, patch: 0n }
        : // A prerelease of a patch becomes that patch.
          { ...base, major, minor, patch: prerelease === '' ? patch + 1n : patch }
  const text = formatVersion({ ...next, original: '' })
  return { ...next, original: original.startsWith('v') ? `v${text}` : text }
}

/** Sprig's semantic versions. */
export const semverFunctions: FunctionTable = {
  semver: withSignature(['string'], (text: string) => versionObject(parseVersion(text), '*semver.Version')),
  semverCompare: withSignature(['string', 'string'], (constraint: string, text: string) => {
    spend(constraint.length * bytesPerCharacter)
    return parseConstraint(constraint).check(parseVersion(text))
  }),
}
