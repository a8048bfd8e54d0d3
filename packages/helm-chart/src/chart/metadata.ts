import { quote } from '@slipway/go-template'
import type { Compat } from '../compat.ts'
import { decodeStruct, type StructType, unknownField } from '../json/decode.ts'
import { isVersion } from '../semver/version.ts'
import type { Values } from '../values/value.ts'
import { readTypedYaml } from '../yaml.ts'
import type { Dependency, Lock, Maintainer, Metadata } from './chart.ts'
import { chartError, yamlMessage } from './error.ts'

// Helm's structs; the package that they are in shows in messages.
interface ChartTypes {
  readonly metadata: StructType
  readonly lock: StructType
}

function chartTypes(goPackage: string): ChartTypes {
  const dependency: StructType = {
    struct: `${goPackage}.Dependency`,
    isPointer: true,
    fields: {
      name: 'string',
      version: 'string',
      repository: 'string',
      condition: 'string',
      tags: { list: 'string' },
      enabled: 'bool',
      'import-values': { list: 'any' },
      alias: 'string',
    },
  }
  const maintainer: StructType = {
    struct: `${goPackage}.Maintainer`,
    isPointer: true,
    fields: { name: 'string', email: 'string', url: 'string' },
  }
  const metadata: StructType = {
    struct: `${goPackage}.Metadata`,
    fields: {
      name: 'string',
      home: 'string',
      sources: { list: 'string' },
      version: 'string',
      description: 'string',
      keywords: { list: 'string' },
      maintainers: { list: maintainer },
      icon: 'string',
      apiVersion: 'string',
      condition: 'string',
      tags: 'string',
      appVersion: 'string',
      deprecated: 'bool',
      annotations: { map: 'string' },
      kubeVersion: 'string',
      dependencies: { list: dependency },
      type: 'string',
    },
  }
  const lock: StructType = {
    struct: `${goPackage}.Lock`,
    fields: { generated: 'time', digest: 'string', dependencies: { list: dependency } },
  }
  return { metadata, lock }
}

const typesOf: Readonly<Record<Compat, ChartTypes>> = { helm3: chartTypes('chart'), helm4: chartTypes('v2') }

/** All that Helm 4 reads of Chart.yaml to choose how to load the chart. */
const chartBase: StructType = { struct: 'loader.chartBase', fields: { apiVersion: 'string' } }

/** Metadata as it was read and not checked yet: things are missing, and lists have nulls. */
export interface RawMetadata extends Partial<Omit<Metadata, 'maintainers' | 'dependencies'>> {
  readonly maintainers?: readonly (Maintainer | null)[]
  readonly dependencies?: readonly (Partial<Dependency> | null)[]
}

/** Reads Chart.yaml (or requirements.yaml over it) as Helm decodes it. Throws UserError CHART_INVALID. */
export function parseMetadata(text: string, file: string, { compat = 'helm4', base }: ParseOptions = {}): RawMetadata {
  return metadataOf(decodeFile(text, file, typesOf[compat].metadata) ?? {}, base)
}

/** The same of data that `readTypedYaml` gave; fields that are no metadata are passed over. Throws an Error with Go's text. */
export function decodeMetadata(document: unknown): RawMetadata {
  return metadataOf(decodeStruct(document, typesOf.helm4.metadata), undefined)
}

function metadataOf(decoded: Values, base: RawMetadata | undefined): RawMetadata {
  const { maintainers, dependencies } = decoded
  return {
    ...base,
    ...decoded,
    ...(Array.isArray(maintainers) && { maintainers: over(base?.maintainers, maintainers) }),
    ...(Array.isArray(dependencies) && { dependencies: over(base?.dependencies, dependencies.map(dependencyOf)) }),
  } as RawMetadata
}

/** The first field of Chart.yaml that Helm does not know. */
export function unknownMetadataField(document: unknown): string | undefined {
  return unknownField(document, typesOf.helm4.metadata)
}

/** encoding/json decodes the elements of a list over those that are there. */
function over<T extends object>(base: readonly (T | null)[] = [], items: readonly (T | null)[]): (T | null)[] {
  return items.map((item, index) => item && { ...base[index], ...item })
}

export interface ParseOptions {
  /** @default 'helm4' */
  readonly compat?: Compat
  /** What is read goes over this. */
  readonly base?: RawMetadata | undefined
}

/** Refuses a chart of no version that Helm 4 knows. Throws UserError CHART_INVALID. */
export function checkChartVersion(text: string, file: string): void {
  const { apiVersion } = decodeFile(text, file, chartBase) ?? {}
  if (!/^(v[123])?$/.test((apiVersion as string | undefined) ?? '')) throw chartError('unsupported chart version')
}

/** Reads Chart.lock; one with nothing in it is none, as in Helm. Throws UserError CHART_INVALID. */
export function parseLock(text: string, file: string, compat: Compat = 'helm4'): Lock | undefined {
  const decoded = decodeFile(text, file, typesOf[compat].lock)
  if (!decoded) return undefined
  const { generated = '0001-01-01T00:00:00Z', digest = '', dependencies = [] } = decoded
  const locked = (dependencies as Values[]).filter((dependency) => dependency !== null).map(dependencyOf)
  return { generated, digest, dependencies: locked } as Lock
}

/** Undefined when there is nothing in the file. */
function decodeFile(text: string, file: string, type: StructType): Values | undefined {
  try {
    const document = readTypedYaml(text, file) ?? undefined
    return document === undefined ? undefined : decodeStruct(document, type)
  } catch (error) {
    throw chartError(`cannot load ${file}: ${yamlMessage(error)}`, error)
  }
}

function dependencyOf(decoded: Values | null): Partial<Dependency> | null {
  if (decoded === null) return null
  const { 'import-values': importValues, ...rest } = decoded
  return { ...rest, ...(importValues !== undefined && { importValues }) } as Partial<Dependency>
}

export interface ValidateOptions {
  /** @default 'helm4' */
  readonly compat?: Compat
  /** Several dependencies may have the same name. @default false */
  readonly sharedNames?: boolean
}

/** Checks the metadata and cleans its text of unprintable characters, as Helm does. Throws UserError CHART_INVALID. */
export function validateMetadata(
  metadata: RawMetadata,
  { compat = 'helm4', sharedNames = false }: ValidateOptions = {},
): Metadata {
  const clean = sanitized(metadata)
  const { apiVersion, name, version, type } = clean
  const fail = (problem: string): never => {
    throw chartError(`validation: ${problem}`)
  }
  if (!apiVersion) return fail('chart.metadata.apiVersion is required')
  if (!name) return fail('chart.metadata.name is required')
  if (compat === 'helm4' && (name === '.' || name === '..'))
    return fail(`chart.metadata.name ${quote(name)} is not allowed`)
  if (name.includes('/')) return fail(`chart.metadata.name ${quote(name)} is invalid`)
  if (!version) return fail('chart.metadata.version is required')
  if (!isVersion(version)) return fail(`chart.metadata.version ${quote(version)} is invalid`)
  if (type && type !== 'application' && type !== 'library') {
    return fail('chart.metadata.type must be application or library')
  }
  if (hasNull(clean.maintainers)) return fail('maintainers must not contain empty or null nodes')
  const problem = dependencyProblem(clean.dependencies ?? [], sharedNames)
  return problem === undefined ? (clean as Metadata) : fail(problem)
}

function hasNull(items: readonly (object | null)[] = []): boolean {
  return items.includes(null)
}

function dependencyProblem(
  dependencies: readonly (Partial<Dependency> | null)[],
  sharedNames: boolean,
): string | undefined {
  const seen = new Set<string>()
  for (const dependency of dependencies) {
    if (dependency === null) return 'dependencies must not contain empty or null nodes'
    const { name = '', alias } = dependency
    if (alias && !/^[a-zA-Z0-9_-]+$/.test(alias)) {
      return `dependency ${quote(name)} has disallowed characters in the alias`
    }
    const key = alias || name
    if (seen.has(key) && !sharedNames) return `more than one dependency with name or alias ${quote(key)}`
    seen.add(key)
  }
  return undefined
}

const sanitizedFields = [
  'name',
  'description',
  'home',
  'icon',
  'condition',
  'tags',
  'appVersion',
  'kubeVersion',
] as const

function sanitized(metadata: RawMetadata): RawMetadata {
  const clean: Record<string, unknown> = { ...metadata }
  for (const field of sanitizedFields) if (metadata[field] !== undefined) clean[field] = sanitize(metadata[field])
  if (metadata.sources) clean.sources = metadata.sources.map(sanitize)
  if (metadata.keywords) clean.keywords = metadata.keywords.map(sanitize)
  if (metadata.maintainers) clean.maintainers = metadata.maintainers.map(sanitizeTexts)
  if (metadata.dependencies) clean.dependencies = metadata.dependencies.map(sanitizeDependency)
  return clean
}

function sanitizeDependency(dependency: Partial<Dependency> | null): Dependency | null {
  if (dependency === null) return null
  const { alias, tags, ...texts } = dependency
  return {
    ...(sanitizeTexts({ ...texts, name: texts.name ?? '' }) as Dependency),
    ...(alias !== undefined && { alias }),
    ...(tags && { tags: tags.map(sanitize) }),
  }
}

function sanitizeTexts(item: object | null): object | null {
  if (item === null) return null
  return Object.fromEntries(
    Object.entries(item).map(([key, value]) => [key, typeof value === 'string' ? sanitize(value) : value]),
  )
}

function sanitize(text: string): string {
  if (/^[ -~]*$/.test(text)) return text
  return text.replaceAll(/[\s\u0085]/g, ' ').replaceAll(/[^\p{L}\p{M}\p{N}\p{P}\p{S} ]/gu, '')
}
