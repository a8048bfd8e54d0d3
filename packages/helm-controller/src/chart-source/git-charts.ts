import { posix } from 'node:path'
import { UserError } from '@slipway/errors'
import type { FetchOptions, GitClient } from '@slipway/git-client'
import type { ChartFile, Platform } from '@slipway/helm-chart'
import type { KubeClient } from '@slipway/kube-client'
import type { KubeObject } from '@slipway/kube-objects'
import { type HelmRelease, placeOf } from '../helm-release/helm-release.ts'
import { withDependencies } from './chart-dependencies.ts'
import type { ChartReader, ChartSource, LoadedChart } from './chart-source.ts'
import type { ChartDownloader } from './repository-charts.ts'

export interface GitChartDeps {
  client: KubeClient
  git: GitClient
  platform: Platform
  /** Where dependencies come from. */
  charts: ChartDownloader
  read: ChartReader
}

/** Charts in a folder of a git repository: `spec.chart.git`, `path`, and `ref` (a branch, tag or commit; default master). */
export function gitCharts(deps: GitChartDeps): ChartSource {
  return {
    async load(release, signal): Promise<LoadedChart> {
      const { git: url = '', path = '.', ref = 'master' } = release.spec.chart
      const options = { signal, ...(await readCredentials(deps.client, release)) }
      const target = /^[0-9a-f]{40}$/.test(ref) ? { commit: ref } : { branch: ref }
      const commit = await deps.git.fetch(url, target, options)
      const own = await readFolder(deps.git, url, commit, path)
      if (!own.some(({ name }) => name === 'Chart.yaml')) {
        throw new UserError('CHART_NOT_FOUND', `${url} has no chart in ${path} at ${commit.slice(0, 8)}`, {
          at: placeOf(release),
          hint: 'spec.chart.path names the folder that holds Chart.yaml',
        })
      }
      const folder = (relative: string): Promise<ChartFile[]> =>
        readFolder(deps.git, url, commit, posix.join(path, relative))
      const files = release.spec.chart.skipDepUpdate
        ? own
        : await withDependencies(own, { charts: deps.charts, folder }, signal)
      const digest = `sha256:${Buffer.from(deps.platform.digest('sha256', contentOf(files))).toString('hex')}`
      return { ...(await deps.read({ digest, content: files }, signal)), revision: commit, digest }
    },
  }
}

async function readFolder(git: GitClient, url: string, commit: string, folder: string): Promise<ChartFile[]> {
  const prefix = folder
    .replace(/^\.?\/*/, '')
    .replace(/\/*$/, '/')
    .replace(/^\/$/, '')
  const entries = (await git.listTree(url, commit)).filter(
    ({ path, kind }) => (kind === 'file' || kind === 'executable') && path.startsWith(prefix),
  )
  const files: ChartFile[] = []
  const blobs = git.readBlobs(
    url,
    entries.map(({ id }) => id),
  )
  for await (const data of blobs) files.push({ name: entries[files.length]?.path.slice(prefix.length) ?? '', data })
  return files
}

/** Names and bytes of all files as one text, so that a commit elsewhere in the repository does not count as a change. */
function contentOf(files: ChartFile[]): Uint8Array {
  return Buffer.concat(files.flatMap(({ name, data }) => [Buffer.from(`${name}\0${data.length}\0`), data]))
}

/** `spec.chart.secretRef`: a Secret with username and password for HTTPS. */
async function readCredentials(
  client: KubeClient,
  { spec, metadata }: HelmRelease,
): Promise<Pick<FetchOptions, 'credentials'>> {
  const ref = spec.chart.secretRef
  if (!ref) return {}
  const namespace = ref.namespace ?? metadata.namespace ?? 'default'
  const secret = await client.get<KubeObject>({ apiVersion: 'v1', kind: 'Secret', namespace, name: ref.name })
  const read = (key: string): string => Buffer.from(secret?.data?.[key] ?? '', 'base64').toString('utf8')
  return { credentials: { kind: 'basic', username: read('username'), password: read('password') } }
}
