import { messageOf, UserError } from '@slipway/errors'
import { quote, sortedKeys } from '@slipway/go-template'
import { stringify } from '@slipway/go-yaml'
import type { Metadata } from '../chart/chart.ts'
import { decodeMetadata, validateMetadata } from '../chart/metadata.ts'
import { metadataJson } from '../chart/metadata-json.ts'
import { goJson } from '../dependency/lock-digest.ts'
import { mismatchText } from '../json/decode.ts'
import type { Notify } from '../notice.ts'
import { parseConstraint } from '../semver/constraint.ts'
import { compareVersions, parseVersion, type Version } from '../semver/version.ts'
import { isTable, type Values } from '../values/value.ts'
import { readTypedYaml } from '../yaml.ts'

/** One version of a chart in a repository. */
export interface IndexEntry {
  readonly metadata: Metadata
  /** Where the archive is; relative to the index, or absolute. */
  readonly urls: readonly string[]
  /** RFC 3339. */
  readonly created?: string
  /** SHA-256 of the archive, hexadecimal. */
  readonly digest?: string
}

/** A repository's index.yaml: the versions of each chart, newest first. */
export interface RepositoryIndex {
  readonly generated?: string
  readonly entries: Readonly<Record<string, readonly IndexEntry[]>>
}

/**
 * Reads an index.yaml; entries that no chart can be loaded from are left out and told of, as Helm does. Throws UserError
 * CHART_INDEX_INVALID, whose cause, where it has one, says it in Helm's words.
 */
export function parseIndex(text: string, file = 'index.yaml', notify: Notify = () => {}): RepositoryIndex {
  const document = readDocument(text, file)
  // Helm reads numbers into texts.
  if ((document.apiVersion ?? '') === '') {
    throw new UserError('CHART_INDEX_INVALID', 'no API version specified', { at: { file } })
  }
  const entries: Record<string, IndexEntry[]> = Object.create(null)
  const listed = isTable(document.entries) ? document.entries : {}
  for (const name of Object.keys(listed)) {
    const versions = Array.isArray(listed[name]) ? listed[name] : []
    const skip = (what: string): void =>
      notify({ level: 'WARN', message: `skipping loading invalid entry for chart ${quote(name)} ${what}` })
    entries[name] = newestFirst(versions.flatMap((entry) => readEntry(entry, file, skip)))
  }
  return { ...(typeof document.generated === 'string' && { generated: document.generated }), entries }
}

function readDocument(text: string, file: string): Values {
  if (text === '') throw new UserError('CHART_INDEX_INVALID', 'empty index.yaml file', { at: { file } })
  try {
    const document = readTypedYaml(text, file) ?? {}
    if (!isTable(document)) throw new Error(mismatchText(document, 'repo.IndexFile'))
    return document
  } catch (cause) {
    throw new UserError('CHART_INDEX_INVALID', `cannot read the repository index: ${(cause as Error).message}`, {
      at: { file },
      cause,
    })
  }
}

function readEntry(entry: unknown, file: string, skip: (what: string) => void): IndexEntry[] {
  if (!isTable(entry)) {
    skip(`from ${file}: empty entry`)
    return []
  }
  const { urls, created, digest } = entry
  try {
    // Artifactory leaves out aliases, by which dependencies of one name are told apart: https://github.com/helm/helm/issues/12748
    const metadata = validateMetadata({ apiVersion: 'v1', ...decodeMetadata(entry) }, { sharedNames: true })
    return [
      {
        metadata,
        urls: Array.isArray(urls) ? urls.map(String) : [],
        ...(created !== undefined && created !== null && { created: String(created) }),
        ...(typeof digest === 'string' && { digest }),
      },
    ]
  } catch (error) {
    skip(`${quote(String(entry.version ?? ''))} from ${file}: ${messageOf(error)}`)
    return []
  }
}

function newestFirst(entries: readonly IndexEntry[]): IndexEntry[] {
  const versions = new Map(entries.map((entry) => [entry, parseVersion(entry.metadata.version)]))
  const versionOf = (entry: IndexEntry) => versions.get(entry) as Version
  return entries.toSorted((a, b) => compareVersions(versionOf(b), versionOf(a)))
}

/**
 * The newest version of a chart that matches: an exact version, a range (`^1.2`, `>=1 <3`), or anything stable when
 * empty. Undefined when there is none. Throws UserError CHART_VERSION_INVALID on what is neither.
 */
export function resolveVersion(index: RepositoryIndex, name: string, wanted = ''): IndexEntry | undefined {
  const entries = index.entries[name] ?? []
  const exact = entries.find((entry) => entry.metadata.version === wanted)
  if (exact) return exact
  const constraint = readConstraint(wanted === '' ? '*' : wanted)
  return entries.find((entry) => constraint.check(parseVersion(entry.metadata.version)))
}

function readConstraint(text: string) {
  try {
    return parseConstraint(text)
  } catch (cause) {
    throw new UserError(
      'CHART_VERSION_INVALID',
      `${JSON.stringify(text)} is neither a version nor a range: ${(cause as Error).message}`,
      { cause },
    )
  }
}

/** The index with this entry; one of the same name and version is replaced. */
export function addEntry(index: RepositoryIndex, entry: IndexEntry): RepositoryIndex {
  const { name, version } = entry.metadata
  const others = (index.entries[name] ?? []).filter((existing) => existing.metadata.version !== version)
  return { ...index, entries: { ...index.entries, [name]: newestFirst([...others, entry]) } }
}

/** The index without a version of a chart, or without the chart. */
export function removeEntry(index: RepositoryIndex, name: string, version?: string): RepositoryIndex {
  const kept =
    version === undefined ? [] : (index.entries[name] ?? []).filter((entry) => entry.metadata.version !== version)
  const { [name]: _, ...rest } = index.entries
  return { ...index, entries: kept.length > 0 ? { ...rest, [name]: kept } : rest }
}

/** Both indexes as one; what the first has stays, as `helm repo index --merge` does. */
export function mergeIndexes(index: RepositoryIndex, other: RepositoryIndex): RepositoryIndex {
  let merged = index
  for (const entries of Object.values(other.entries)) {
    for (const entry of entries) {
      const { name, version } = entry.metadata
      const isKnown = merged.entries[name]?.some((existing) => existing.metadata.version === version)
      if (!isKnown) merged = addEntry(merged, entry)
    }
  }
  return merged
}

/** The text of index.yaml as Helm writes it. `generated` is RFC 3339. */
export function writeIndex(index: RepositoryIndex, generated: string): string {
  return stringify({ apiVersion: 'v1', entries: entriesJson(index), generated })
}

/** The same in JSON, as `helm repo index --json` writes it. */
export function writeJsonIndex(index: RepositoryIndex, generated: string): string {
  return goJson({ apiVersion: 'v1', generated, entries: entriesJson(index) }, 2)
}

function entriesJson(index: RepositoryIndex): Record<string, unknown> {
  const entries: Record<string, unknown> = Object.create(null)
  for (const name of sortedKeys(index.entries)) entries[name] = index.entries[name]?.map(entryJson)
  return entries
}

/** Go's, of an entry that does not say when it was made. */
const zeroTime = '0001-01-01T00:00:00Z'

function entryJson({ metadata, urls, created, digest }: IndexEntry): Record<string, unknown> {
  return {
    ...metadataJson(metadata),
    urls,
    created: created ?? zeroTime,
    ...(digest !== undefined && { digest }),
  }
}
