import { createHash } from 'node:crypto'
import { stringify } from '@slipway/go-yaml'
import type { Catalog } from '../metadata/catalog.ts'
import type { ChartRecord, MetadataChange } from '../metadata/changes.ts'
import { compareVersionsDescending } from './version-order.ts'

/** One version of a chart, as index.yaml lists it (helm, repo.ChartVersion). */
export interface ChartEntry {
  repository: string
  tag: string
  fileName: string
  chart: ChartRecord
  /** RFC 3339. */
  created: string
  /** What clients are shown: Chart.yaml's fields with created, digest and urls. */
  shown: Record<string, unknown>
}

/** Where ChartMuseum's clients find its API beside the repository (chartmuseum/helm-push). */
const SERVER_INFO = 'serverInfo:\n  contextPath: /helm/v1\n'

export interface IndexFile {
  bytes: Buffer
  etag: string
}

interface Namespace {
  /** By repository, then by tag. */
  charts: Map<string, Map<string, ChartEntry>>
  /** The YAML of each repository's entries, made again only for what changed. */
  texts: Map<string, string>
  file: IndexFile | undefined
  generated: string
}

/** The charts below each namespace of repositories, kept in step with the catalog change by change. */
export class ChartIndex {
  readonly #catalog: Catalog
  readonly #namespaces = new Map<string, Namespace>()
  readonly #started: string

  constructor(catalog: Catalog, clock: () => number) {
    this.#catalog = catalog
    this.#started = new Date(clock()).toISOString()
    catalog.observe((change) => this.#follow(change))
  }

  /** All charts of a namespace: name -> versions, newest first. */
  charts(namespace: string): Map<string, ChartEntry[]> {
    const repositories = this.#namespaces.get(namespace)?.charts.values() ?? []
    return byName([...repositories].flatMap((versions) => [...versions.values()]))
  }

  /** The version that a file name stands for. */
  byFileName(namespace: string, fileName: string): ChartEntry | undefined {
    for (const versions of this.#namespaces.get(namespace)?.charts.values() ?? []) {
      for (const entry of versions.values()) if (entry.fileName === fileName) return entry
    }
    return undefined
  }

  /** index.yaml of a namespace. */
  file(name: string): IndexFile {
    const namespace = this.#namespace(name)
    namespace.file ??= this.#write(namespace)
    return namespace.file
  }

  #write({ charts, texts, generated }: Namespace): IndexFile {
    const parts = ['apiVersion: v1\n', charts.size === 0 ? 'entries: {}\n' : 'entries:\n']
    for (const repository of [...charts.keys()].sort()) {
      let text = texts.get(repository)
      if (text === undefined) {
        text = writeEntries([...(charts.get(repository)?.values() ?? [])])
        texts.set(repository, text)
      }
      parts.push(text)
    }
    parts.push(`generated: "${generated}"\n`, SERVER_INFO)
    const bytes = Buffer.from(parts.join(''))
    return { bytes, etag: `"${createHash('sha256').update(bytes).digest('hex').slice(0, 32)}"` }
  }

  #follow(change: MetadataChange): void {
    if (change.op !== 'tag' && change.op !== 'untag') return
    const slash = change.repository.lastIndexOf('/')
    if (slash < 0) return
    const record = change.op === 'tag' ? this.#catalog.manifest(change.repository, change.digest) : undefined
    const namespace = this.#namespace(change.repository.slice(0, slash))
    const versions = namespace.charts.get(change.repository) ?? new Map<string, ChartEntry>()
    const had = versions.delete(change.tag)
    const chart = record?.chart
    // Other tags of a chart (`latest`) are names for a version, not versions.
    if (change.op === 'tag' && chart && versionTag(chart.metadata.version) === change.tag) {
      versions.set(change.tag, newEntry(change, chart))
    } else if (!had) return
    if (versions.size > 0) namespace.charts.set(change.repository, versions)
    else namespace.charts.delete(change.repository)
    namespace.texts.delete(change.repository)
    namespace.file = undefined
    if (change.op === 'tag' && change.at > namespace.generated) namespace.generated = change.at
  }

  #namespace(name: string): Namespace {
    const known = this.#namespaces.get(name)
    if (known) return known
    const fresh: Namespace = { charts: new Map(), texts: new Map(), file: undefined, generated: this.#started }
    this.#namespaces.set(name, fresh)
    return fresh
  }
}

/** The tag of a chart version: OCI tags know no plus sign (helm, registry/util.go). */
export function versionTag(version: string): string {
  return version.replaceAll('+', '_')
}

function newEntry(
  { repository, tag, at }: { repository: string; tag: string; at: string },
  chart: ChartRecord,
): ChartEntry {
  const fileName = `${chart.metadata.name}-${chart.metadata.version}.tgz`
  const digest = chart.layer.slice(chart.layer.indexOf(':') + 1)
  const shown = { ...chart.metadata, created: at, digest, urls: [`_blobs/${fileName}`] }
  return { repository, tag, fileName, chart, created: at, shown }
}

function byName(entries: ChartEntry[]): Map<string, ChartEntry[]> {
  const named = new Map<string, ChartEntry[]>()
  for (const entry of entries) {
    const versions = named.get(entry.chart.metadata.name) ?? []
    versions.push(entry)
    named.set(entry.chart.metadata.name, versions)
  }
  for (const versions of named.values()) {
    versions.sort((a, b) => compareVersionsDescending(a.chart.metadata.version, b.chart.metadata.version))
  }
  return named
}

function writeEntries(entries: ChartEntry[]): string {
  const shown = [...byName(entries)].map(([name, versions]) => [name, versions.map((entry) => entry.shown)])
  return stringify(Object.fromEntries(shown)).replace(/^(?=.)/gm, '  ')
}
