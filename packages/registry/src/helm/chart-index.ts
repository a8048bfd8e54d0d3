import { createHash } from 'node:crypto'
import { setImmediate } from 'node:timers/promises'
import type { Catalog } from '../metadata/catalog.ts'
import type { MetadataChange } from '../metadata/changes.ts'
import { type ChartEntry, compareEntries, newEntry, versionTag, writeEntries, yamlOf } from './chart-entry.ts'
import { type Block, SortedBlocks } from './sorted-blocks.ts'

/** Where ChartMuseum's clients find its API beside the repository (chartmuseum/helm-push). */
const SERVER_INFO = 'serverInfo:\n  contextPath: /helm/v1\n'

/** Entries that are written between two looks at what else is to be done. */
const STEP = 20

export interface IndexFile {
  bytes: Buffer
  etag: string
}

/** Some entries as they stand in the index. */
interface Text {
  /** The entry before, which says whether the first one's name stands there already. */
  after: ChartEntry | undefined
  bytes: Buffer
  digest: Buffer
}

interface Namespace {
  /** By repository and tag. */
  byTag: Map<string, ChartEntry>
  /** In the order of the index. */
  entries: SortedBlocks<ChartEntry, Text>
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
    for (const entry of this.#namespaces.get(namespace)?.entries ?? []) {
      const versions = named.get(entry.chart.metadata.name)
      if (versions) versions.push(entry)
      else named.set(entry.chart.metadata.name, [entry])
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
    for (const { entries } of this.#namespaces.values()) {
      for (const [index, entry] of [...entries].entries()) {
        yamlOf(entry)
        if (index % STEP === 0) await setImmediate()
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
    const had = this.#namespaces.get(name)?.byTag.get(tagKey(change))
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
  return {
    byTag: new Map(),
    entries: new SortedBlocks(compareEntries),
    byFileName: new Map(),
    file: undefined,
    generated,
  }
}

/** No name of a repository has a colon. */
const tagKey = ({ repository, tag }: { repository: string; tag: string }): string => `${repository}:${tag}`

function addEntry({ byTag, entries, byFileName }: Namespace, entry: ChartEntry): void {
  byTag.set(tagKey(entry), entry)
  entries.add(entry)
  byFileName.set(entry.fileName, [...(byFileName.get(entry.fileName) ?? []), entry])
}

function removeEntry({ byTag, entries, byFileName }: Namespace, entry: ChartEntry): void {
  byTag.delete(tagKey(entry))
  entries.remove(entry)
  const others = (byFileName.get(entry.fileName) ?? []).filter((other) => other !== entry)
  if (others.length > 0) byFileName.set(entry.fileName, others)
  else byFileName.delete(entry.fileName)
}

/** Only what has changed is written anew, and only that is read for the tag of the whole. */
function write({ entries: { blocks }, generated }: Namespace): IndexFile {
  const texts: Text[] = []
  let before: ChartEntry | undefined
  for (const block of blocks) {
    texts.push(textOf(block, before))
    before = block.items.at(-1)
  }
  const begin = `apiVersion: v1\n${texts.length === 0 ? 'entries: {}\n' : 'entries:\n'}`
  const end = `generated: "${generated}"\n${SERVER_INFO}`
  const digest = createHash('sha256').update(end)
  for (const text of texts) digest.update(text.digest)
  return {
    bytes: Buffer.concat([Buffer.from(begin), ...texts.map(({ bytes }) => bytes), Buffer.from(end)]),
    etag: `"${digest.digest('hex').slice(0, 32)}"`,
  }
}

function textOf(block: Block<ChartEntry, Text>, after: ChartEntry | undefined): Text {
  if (block.made && block.made.after === after) return block.made
  const bytes = Buffer.from(writeEntries(block.items, after))
  block.made = { after, bytes, digest: createHash('sha256').update(bytes).digest() }
  return block.made
}
