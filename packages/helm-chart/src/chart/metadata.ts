import { quote } from '@slipway/go-template'
import { formatFloat } from '@slipway/go-yaml'
import type { Compat } from '../compat.ts'
import { isVersion } from '../semver/version.ts'
import { emptyValues, isTable, type Values } from '../values/value.ts'
import { readTypedYaml } from '../yaml.ts'
import type { Dependency, Lock, Maintainer, Metadata } from './chart.ts'
import { chartError, yamlMessage } from './error.ts'

type FieldType = 'string' | 'bool' | 'strings' | 'map' | 'list'

const metadataFields: Record<string, FieldType> = {
  name: 'string',
  home: 'string',
  sources: 'strings',
  version: 'string',
  description: 'string',
  keywords: 'strings',
  maintainers: 'list',
  icon: 'string',
  apiVersion: 'string',
  condition: 'string',
  tags: 'string',
  appVersion: 'string',
  deprecated: 'bool',
  annotations: 'map',
  kubeVersion: 'string',
  dependencies: 'list',
  type: 'string',
}
const dependencyFields: Record<string, FieldType> = {
  name: 'string',
  version: 'string',
  repository: 'string',
  condition: 'string',
  tags: 'strings',
  enabled: 'bool',
  'import-values': 'list',
  alias: 'string',
}
const maintainerFields: Record<string, FieldType> = { name: 'string', email: 'string', url: 'string' }

/** Reads Chart.yaml (or requirements.yaml over it) as Helm decodes it. Throws UserError CHART_INVALID. */
export function parseMetadata(text: string, file: string, base: Partial<Metadata> = {}): Partial<Metadata> {
  const document = parseTable(text, file, 'v2.Metadata')
  const decoded = decode(document, metadataFields, { file, type: 'Metadata' })
  const { maintainers, dependencies, ...rest } = decoded
  return {
    ...base,
    ...rest,
    ...(Array.isArray(maintainers) && { maintainers: maintainers.map((item) => decodeMaintainer(item, file)) }),
    ...(Array.isArray(dependencies) && { dependencies: dependencies.map((item) => decodeDependency(item, file)) }),
  } as Partial<Metadata>
}

/** Reads Chart.lock. Throws UserError CHART_INVALID. */
export function parseLock(text: string, file: string): Lock {
  const document = parseTable(text, file, 'v2.Lock')
  const dependencies = Array.isArray(document.dependencies) ? document.dependencies : []
  return {
    generated: String(document.generated ?? '0001-01-01T00:00:00Z'),
    digest: String(document.digest ?? ''),
    dependencies: dependencies.map((item) => decodeDependency(item, file)),
  }
}

function parseTable(text: string, file: string, goType: string): Values {
  let document: unknown
  try {
    document = readTypedYaml(text, file)
  } catch (error) {
    throw chartError(`cannot load ${file}: ${yamlMessage(error)}`, error)
  }
  if (document === null || document === undefined) return {}
  if (!isTable(document))
    throw decodeError(file, `cannot unmarshal ${jsonKind(document)} into Go value of type ${goType}`)
  return document
}

function decodeError(file: string, problem: string) {
  return chartError(`cannot load ${file}: error unmarshaling JSON: while decoding JSON: json: ${problem}`)
}

function jsonKind(value: unknown): string {
  if (Array.isArray(value)) return 'array'
  return { string: 'string', number: 'number', bigint: 'number', boolean: 'bool' }[typeof value as string] ?? 'object'
}

interface DecodeContext {
  readonly file: string
  /** Go's struct and path, for the message of a wrong type. */
  readonly type: string
  readonly path?: string
}

function decode(source: Values, fields: Record<string, FieldType>, context: DecodeContext): Values {
  const target: Values = {}
  for (const key of Object.keys(source)) {
    // encoding/json matches field names without regard to case.
    const name = key in fields ? key : Object.keys(fields).find((field) => field.toLowerCase() === key.toLowerCase())
    const value = source[key]
    if (name === undefined || value === null) continue
    target[name] = decodeField(value, fields[name] as FieldType, { ...context, path: joinPath(context.path, name) })
  }
  return target
}

function joinPath(path: string | undefined, name: string): string {
  return path === undefined ? name : `${path}.${name}`
}

function decodeField(value: unknown, type: FieldType, context: DecodeContext): unknown {
  const fail = (goType: string): never => {
    throw decodeError(
      context.file,
      `cannot unmarshal ${jsonKind(value)} into Go struct field ${context.type}.${context.path} of type ${goType}`,
    )
  }
  switch (type) {
    case 'string':
      // sigs.k8s.io/yaml turns numbers and bools into text where the field is a string.
      return typeof value === 'object' ? fail('string') : scalarText(value)
    case 'bool':
      return typeof value === 'boolean' ? value : fail('bool')
    case 'strings':
      return Array.isArray(value) ? value.map((item) => scalarText(item ?? '')) : fail('[]string')
    case 'map':
      if (!isTable(value)) return fail('map[string]string')
      return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, scalarText(item ?? '')]))
    case 'list':
      return Array.isArray(value) ? value : fail('[]interface {}')
  }
}

/** A scalar as sigs.k8s.io/yaml writes it into a string field: floats in Go's %g. */
function scalarText(value: unknown): string {
  return typeof value === 'number' ? formatFloat(value) : String(value)
}

/** The data as JSON has it, where numbers are not told apart. */
function untyped(value: unknown): unknown {
  if (typeof value === 'bigint') return Number(value)
  if (Array.isArray(value)) return value.map(untyped)
  if (!isTable(value)) return value
  return Object.assign(
    emptyValues(),
    Object.fromEntries(Object.entries(value).map(([key, item]) => [key, untyped(item)])),
  )
}

function decodeDependency(item: unknown, file: string): Dependency {
  if (!isTable(item)) throw chartError('validation: dependencies must not contain empty or null nodes')
  const { 'import-values': importValues, ...rest } = decode(item, dependencyFields, {
    file,
    type: 'Dependency',
    path: 'dependencies',
  })
  return { name: '', ...rest, ...(importValues !== undefined && { importValues: untyped(importValues) }) } as Dependency
}

function decodeMaintainer(item: unknown, file: string): Maintainer {
  if (!isTable(item)) throw chartError('validation: maintainers must not contain empty or null nodes')
  return decode(item, maintainerFields, { file, type: 'Maintainer', path: 'maintainers' }) as Maintainer
}

/** Checks the metadata and cleans its text of unprintable characters, as Helm does. Throws UserError CHART_INVALID. */
export function validateMetadata(metadata: Partial<Metadata>, compat: Compat = 'helm4'): Metadata {
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
  const seen = new Set<string>()
  for (const dependency of clean.dependencies ?? []) {
    if (dependency.alias && !/^[a-zA-Z0-9_-]+$/.test(dependency.alias)) {
      return fail(`dependency ${quote(dependency.name)} has disallowed characters in the alias`)
    }
    const key = dependency.alias || dependency.name
    if (seen.has(key)) return fail(`more than one dependency with name or alias ${quote(key)}`)
    seen.add(key)
  }
  return { ...clean, apiVersion, name, version }
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

function sanitized(metadata: Partial<Metadata>): Partial<Metadata> {
  const clean: Record<string, unknown> = { ...metadata }
  for (const field of sanitizedFields) if (metadata[field] !== undefined) clean[field] = sanitize(metadata[field])
  if (metadata.sources) clean.sources = metadata.sources.map(sanitize)
  if (metadata.keywords) clean.keywords = metadata.keywords.map(sanitize)
  if (metadata.maintainers) clean.maintainers = metadata.maintainers.map(sanitizeTexts)
  if (metadata.dependencies) {
    clean.dependencies = metadata.dependencies.map((dependency) => ({
      ...sanitizeTexts(dependency),
      ...(dependency.alias !== undefined && { alias: dependency.alias }),
      ...(dependency.tags && { tags: dependency.tags.map(sanitize) }),
    }))
  }
  return clean
}

function sanitizeTexts<T extends object>(item: T): T {
  const entries = Object.entries(item).map(([key, value]) => [key, typeof value === 'string' ? sanitize(value) : value])
  return Object.fromEntries(entries) as T
}

function sanitize(text: string): string {
  if (/^[ -~]*$/.test(text)) return text
  return text.replaceAll(/[\s\u0085]/g, ' ').replaceAll(/[^\p{L}\p{M}\p{N}\p{P}\p{S} ]/gu, '')
}
