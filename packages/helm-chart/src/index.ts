export {
  type Chart,
  type ChartFile,
  type CrdFile,
  crdsOf,
  type Dependency,
  isLibrary,
  type Lock,
  type Maintainer,
  type Metadata,
} from './chart/chart.ts'
export { type IgnoreRules, parseIgnoreRules } from './chart/ignore.ts'
export { type ChartLimits, type LoadOptions, loadArchive, loadChart, parseValues, readArchive } from './chart/load.ts'
export { compilePathPattern } from './chart/match-path.ts'
export { parseMetadata, validateMetadata } from './chart/metadata.ts'
export { dependencyJson, metadataJson } from './chart/metadata-json.ts'
export { lockJson, type PackagedChart, type PackageOptions, packageChart } from './chart/package.ts'
export type { Compat } from './compat.ts'
export { chartNameFault, starterFiles } from './create/starter.ts'
export { goJson, legacyLockDigest, lockDigest } from './dependency/lock-digest.ts'
export { templateFunctions } from './functions/all.ts'
export { textFinder } from './functions/regex.ts'
export { writeJson } from './json/write.ts'
export type { RemoteSchemas, SchemaFault } from './json-schema/source.ts'
export type { Finding, Severity } from './lint/findings.ts'
export { type LintOptions, lintChart } from './lint/lint.ts'
export type { Notice, Notify } from './notice.ts'
export type { DigestAlgorithm, KeyPlatform, Platform, ScryptOptions } from './platform.ts'
export {
  decodeRelease,
  encodeRelease,
  type HookExecution,
  type Release,
  type ReleaseFile,
  type ReleaseHook,
  type ReleaseOptions,
  type ReleaseStatus,
  releaseOf,
  releaseRecordLabels,
  releaseRecordName,
  releaseSecretType,
} from './release/release.ts'
export { computedValues, storedValues } from './release/stored-values.ts'
export {
  type Capabilities,
  capabilitiesWithoutCluster,
  defaultCapabilities,
  type HelmVersion,
  parseKubeVersion,
} from './render/capabilities.ts'
export type { ReleaseInfo } from './render/context.ts'
export type { AddressesOf, Lookup } from './render/engine.ts'
export { compareForInstall, compareForUninstall } from './render/kind-order.ts'
export {
  type Hook,
  type HookEvent,
  type Manifest,
  type ManifestHead,
  manifestText,
  splitManifests,
} from './render/manifests.ts'
export { postRenderer } from './render/post-render.ts'
export { crdText, type RenderedChart, type RenderOptions, renderChart } from './render/render.ts'
export { RenderError } from './render/render-error.ts'
export {
  addEntry,
  type IndexEntry,
  mergeIndexes,
  parseIndex,
  type RepositoryIndex,
  removeEntry,
  resolveVersion,
  writeIndex,
  writeJsonIndex,
} from './repository/index-file.ts'
export { parseIndexPart } from './repository/index-part.ts'
export { type ChartSearch, type FoundChart, searchCharts } from './repository/search.ts'
export { isInRange, parseConstraint } from './semver/constraint.ts'
export { compareVersions, formatVersion, isVersion, parseVersion, type Version } from './semver/version.ts'
export { formatTime } from './time/format.ts'
export { type Instant, zeroTime } from './time/instant.ts'
export { rfc3339 } from './time/layout.ts'
export { parseTime } from './time/parse.ts'
export { coalesceTables, coalesceValues } from './values/coalesce.ts'
export { setJson, setLiteral, setValue } from './values/set.ts'
export { emptyValues, mergeValues, type Values } from './values/value.ts'
