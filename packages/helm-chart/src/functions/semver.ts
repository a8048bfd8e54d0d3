import { GoInteger, type TemplateObject, withSignature } from '@slipway/go-template'
import { parseConstraint } from '../semver/constraint.ts'
import { compareVersions, formatVersion, parseVersion, type Version } from '../semver/version.ts'
import { structOf } from './struct.ts'
import type { FunctionTable } from './table.ts'

const versions = new WeakMap<object, Version>()

function versionObject(version: Version): TemplateObject {
  const compare = (other: unknown) => compareVersions(version, versionOf(other))
  const prerelease = (text: string) => versionObject({ ...version, prerelease: text })
  const object = structOf(
    '*semver.Version',
    {},
    {
      Major: () => new GoInteger('uint64', version.major),
      Minor: () => new GoInteger('uint64', version.minor),
      Patch: () => new GoInteger('uint64', version.patch),
      Prerelease: () => version.prerelease,
      Metadata: () => version.metadata,
      Original: () => version.original,
      String: () => formatVersion(version),
      Compare: (other) => BigInt(compare(other)),
      Equal: (other) => compare(other) === 0,
      LessThan: (other) => compare(other) < 0,
      GreaterThan: (other) => compare(other) > 0,
      SetPrerelease: (text) => prerelease(String(text)),
      IncMajor: () => versionObject(bumped(version, 'major')),
      IncMinor: () => versionObject(bumped(version, 'minor')),
      IncPatch: () => versionObject(bumped(version, 'patch')),
    },
    () => formatVersion(version),
  )
  versions.set(object, version)
  return object
}

function versionOf(value: unknown): Version {
  const known = typeof value === 'object' && value !== null ? versions.get(value) : undefined
  return known ?? parseVersion(String(value))
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
  semver: withSignature(['string'], (text: string) => versionObject(parseVersion(text))),
  semverCompare: withSignature(['string', 'string'], (constraint: string, text: string) =>
    parseConstraint(constraint).check(parseVersion(text)),
  ),
}
