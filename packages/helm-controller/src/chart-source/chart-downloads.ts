import { promisify } from 'node:util'
import { gunzip } from 'node:zlib'
import { UserError } from '@slipway/errors'
import { type RepositoryIndex as ParsedIndex, parseIndexPart, resolveVersion } from '@slipway/helm-chart'
import {
  HelmRepositoryClient,
  type RegistryAccess,
  RegistryClient,
  type RepositoryIndex,
} from '@slipway/registry-client'
import { Kept } from '../kept.ts'
import type { ChartDownload, ChartDownloader } from './repository-charts.ts'

/** Archives kept in memory, by the digest that the index gives. */
const KEPT = 64
/** Bytes that an archive may unpack to (helm, loader/archive). */
const LARGEST = 100 * 1024 * 1024

const unzipped = promisify(gunzip)

/** Whether an archive is no half of one, nor a page that a proxy sent in its place: either would stay until the server ends. */
function isWhole(archive: Uint8Array): Promise<boolean> {
  return unzipped(archive, { maxOutputLength: LARGEST }).then(
    () => true,
    () => false,
  )
}

/** Downloads charts over HTTP and from OCI registries, through the host alias table. An archive that the index still names is not fetched again. */
export function chartDownloads(access: RegistryAccess): ChartDownloader {
  const repositories = new HelmRepositoryClient(access)
  const registry = new RegistryClient(access)
  const parsed = new WeakMap<RepositoryIndex, Map<string, ParsedIndex>>()
  const archives = new Kept<Uint8Array>(KEPT)

  const readIndex = async (url: string, chart: string, signal: AbortSignal): Promise<ParsedIndex> => {
    const index = await repositories.index(url, signal)
    const byChart = parsed.get(index) ?? new Map<string, ParsedIndex>()
    parsed.set(index, byChart)
    const known = byChart.get(chart) ?? parseIndexPart(index.text, chart, url)
    byChart.set(chart, known)
    return known
  }

  const fromRepository = async (
    url: string,
    name: string,
    wanted: string,
    signal: AbortSignal,
  ): Promise<ChartDownload> => {
    const index = await readIndex(url, name, signal)
    const entry = resolveVersion(index, name, wanted)
    const chartUrl = entry?.urls[0]
    // Helm's own sentence.
    if (!entry || !chartUrl) {
      throw new UserError('CHART_NOT_FOUND', `chart "${name}" version "${wanted}" not found in ${url} repository`, {
        hint: index.entries[name] ? 'push that version, or choose one that is there' : 'push the chart first',
      })
    }
    const { version } = entry.metadata
    const key = entry.digest ?? `${url} ${name} ${version}`
    const kept = archives.get(key)
    if (kept) return { archive: kept, version }
    const archive = await repositories.download(url, chartUrl, signal)
    if (await isWhole(archive)) archives.set(key, archive)
    return { archive, version }
  }

  return {
    async download(repository, name, version, signal) {
      if (!repository.startsWith('oci://')) return fromRepository(repository, name, version, signal)
      const reference = `${repository.slice('oci://'.length).replace(/\/+$/, '')}/${name}:${version.replaceAll('+', '_')}`
      return { archive: (await registry.pullChart(reference, { signal })).bytes, version }
    },
  }
}
