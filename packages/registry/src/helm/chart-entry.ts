import { stringify } from '@slipway/go-yaml'
import type { ChartRecord } from '../metadata/changes.ts'
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
  /** The line of its name below `entries`, and its own lines below that. Made once, when the index first has it. */
  yaml?: { name: string; version: string }
}

/** The tag of a chart version: OCI tags know no plus sign (helm, registry/util.go). */
export function versionTag(version: string): string {
  return version.replaceAll('+', '_')
}

export function newEntry(
  { repository, tag, at }: { repository: string; tag: string; at: string },
  chart: ChartRecord,
): ChartEntry {
  const fileName = `${chart.metadata.name}-${chart.metadata.version}.tgz`
  const digest = chart.layer.slice(chart.layer.indexOf(':') + 1)
  const shown = { ...chart.metadata, created: at, digest, urls: [`_blobs/${fileName}`] }
  return { repository, tag, fileName, chart, created: at, shown }
}

/** By repository, which nearly always has charts of one name, and name; and the newest version of each first. */
export function compareEntries(
  { repository, chart: a }: ChartEntry,
  { repository: other, chart: b }: ChartEntry,
): number {
  if (repository !== other) return repository < other ? -1 : 1
  if (a.metadata.name !== b.metadata.name) return a.metadata.name < b.metadata.name ? -1 : 1
  return compareVersionsDescending(a.metadata.version, b.metadata.version)
}

/** Entries in their order, as they stand below `entries` behind the one before. */
export function writeEntries(entries: readonly ChartEntry[], before: ChartEntry | undefined): string {
  const parts: string[] = []
  let last = before
  for (const entry of entries) {
    const { name, version } = yamlOf(entry)
    const isNamed = last?.repository === entry.repository && last.chart.metadata.name === entry.chart.metadata.name
    parts.push(isNamed ? version : name + version)
    last = entry
  }
  return parts.join('')
}

export function yamlOf(entry: ChartEntry): NonNullable<ChartEntry['yaml']> {
  entry.yaml ??= write(entry)
  return entry.yaml
}

function write({ chart, shown }: ChartEntry): NonNullable<ChartEntry['yaml']> {
  const [name = '', ...version] = stringify({ [chart.metadata.name]: [shown] }).split(/(?<=\n)/)
  return { name: `  ${name}`, version: version.map((line) => (line === '\n' ? line : `  ${line}`)).join('') }
}
