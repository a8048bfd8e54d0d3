import { createHash } from 'node:crypto'
import { setImmediate } from 'node:timers/promises'
import type { Catalog } from '../metadata/catalog.ts'
import type { MetadataChange } from '../metadata/changes.ts'
import { type ChartEntry, compareEntries, newEntry, versionTag, writeEntries, yamlOf } from './chart-entry.ts'
import { insertSorted, remove } from './sorted.ts'

/** Where ChartMuseum's clients find its API beside the repository (chartmuseum/helm-push). */
const SERVER_INFO = 'serverInfo:\n  contextPath: /helm/v1\n'

/** Entries that are written between two looks at what else is to be done. */
const STEP = 20

export interface IndexFile {
  bytes: Buffer
  etag: string
}

/** The charts of one repository; nearly always of one name. */
interface RepositoryCharts {
  byTag: Map<string, ChartEntry>
  /** In the order of the index. */
  entries: ChartEntry[]
  /** Their part of the index, made again only where something changed. */
  text: string | undefined
}

interface Namespace {
  repositories: Map<string, RepositoryCharts>
  /** Their names, sorted. */
  names: string[]
  byFileName: Map<string, ChartEntry[]>
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
    const named = new Map<string, ChartEntry[]>()
    for (const { entries } of this.#namespaces.get(namespace)?.repositories.values() ?? []) {
      for (const entry of entries) {
        const versions = named.get(entry.chart.metadata.name)
        if (versions) versions.push(entry)
        else named.set(entry.chart.metadata.name, [entry])
      }
    }
    return named
  }

  /** The version that a file name stands for. */
  byFileName(namespace: string, fileName: string): ChartEntry | undefined {
    return this.#namespaces.get(namespace)?.byFileName.get(fileName)?.[0]
  }

  /** index.yaml of a namespace; of one that has no charts nothing is kept, for anybody may ask for any. */
  file(name: string): IndexFile {
    const namespace = this.#namespaces.get(name) ?? emptyNamespace(this.#started)
    namespace.file ??= write(namespace)
    return namespace.file
  }

  /** Writes in small steps what is known at the start: 10,000 charts take a second, in which nobody else would be answered. */
  async prepare(): Promise<void> {
    for (const { repositories } of this.#namespaces.values()) {
      for (const { entries } of [...repositories.values()]) {
        for (const [index, entry] of [...entries].entries()) {
          yamlOf(entry)
          if (index % STEP === 0) await setImmediate()
        }
      }
    }
  }

  #follow(change: MetadataChange): void {
    if (change.op !== 'tag' && change.op !== 'untag') return
    const { repository, tag } = change
    const slash = repository.lastIndexOf('/')
    if (slash < 0) return
    const record = change.op === 'tag' ? this.#catalog.manifest(repository, change.digest) : undefined
    const name = repository.slice(0, slash)
    const had = this.#namespaces.get(name)?.repositories.get(repository)?.byTag.get(tag)
    const chart = record?.chart
    // Other tags of a chart (`latest`) are names for a version, not versions.
    const isVersion = change.op === 'tag' && chart && versionTag(chart.metadata.version) === tag
    if (!had && !isVersion) return
    const namespace = this.#namespace(name)
    if (had) removeEntry(namespace, had)
    if (isVersion) addEntry(namespace, newEntry(change, chart))
    namespace.file = undefined
    if (change.op === 'tag' && change.at > namespace.generated) namespace.generated = change.at
  }

  #namespace(name: string): Namespace {
    const known = this.#namespaces.get(name)
    if (known) return known
    const fresh = emptyNamespace(this.#started)
    this.#namespaces.set(name, fresh)
    return fresh
  }
}

function emptyNamespace(generated: string): Namespace {
  return { repositories: new Map(), names: [], byFileName: new Map(), file: undefined, generated }
}

function addEntry({ repositories, names, byFileName }: Namespace, entry: ChartEntry): void {
  const { repository, tag, fileName } = entry
  const known = repositories.get(repository)
  const charts = known ?? { byTag: new Map(), entries: [], text: undefined }
  if (!known) {
    repositories.set(repository, charts)
    insertSorted(names, repository, (a, b) => (a < b ? -1 : 1))
  }
  charts.byTag.set(tag, entry)
  charts.text = undefined
  insertSorted(charts.entries, entry, compareEntries)
  byFileName.set(fileName, [...(byFileName.get(fileName) ?? []), entry])
}

function removeEntry({ repositories, names, byFileName }: Namespace, entry: ChartEntry): void {
  const { repository, tag, fileName } = entry
  const charts = repositories.get(repository)
  if (!charts) return
  charts.byTag.delete(tag)
  charts.text = undefined
  remove(charts.entries, entry)
  if (charts.entries.length === 0) {
    repositories.delete(repository)
    remove(names, repository)
  }
  const others = (byFileName.get(fileName) ?? []).filter((other) => other !== entry)
  if (others.length > 0) byFileName.set(fileName, others)
  else byFileName.delete(fileName)
}

function write({ repositories, names, generated }: Namespace): IndexFile {
  const parts = ['apiVersion: v1\n', names.length === 0 ? 'entries: {}\n' : 'entries:\n']
  for (const name of names) {
    const charts = repositories.get(name)
    if (!charts) continue
    charts.text ??= writeEntries(charts.entries)
    parts.push(charts.text)
  }
  parts.push(`generated: "${generated}"\n`, SERVER_INFO)
  const bytes = Buffer.from(parts.join(''))
  return { bytes, etag: `"${createHash('sha256').update(bytes).digest('hex').slice(0, 32)}"` }
}
