import { Worker } from 'node:worker_threads'
import { GitClient } from '@slipway/git-client'
import { ChartThreads, chartDownloads, HelmController } from '@slipway/helm-controller'
import { kustomizeController } from '@slipway/kustomize-controller'
import { sourceControllers } from '@slipway/source-controller'
import { nodePlatform } from '../helm/node-platform.ts'
import type { Platform } from './platform.ts'

const CHART_THREAD = new URL('./chart-thread.cjs', import.meta.url)
/** The heap of a thread. The largest charts take a tenth of it; a larger young generation saves an eighth of their time. */
const CHART_LIMITS = { maxOldGenerationSizeMb: 1024, maxYoungGenerationSizeMb: 64 }

export interface RunningDelivery {
  wakeSource: (repository: string) => void
  wakeChart: (name: string) => void
}

/** Sources, kustomizations and Helm releases: what makes the cluster match the repositories. */
export async function startDelivery({
  folder,
  client,
  informers,
  http,
  httpUrl,
  aliases,
  credentials,
  lifecycle,
  log,
}: Platform): Promise<RunningDelivery> {
  const git = new GitClient({ folder: folder.folder('cache', 'git'), aliases: aliases.repositories })
  lifecycle.add('git-client', () => git.close())
  const sources = sourceControllers(
    { client, informers, git, log },
    { folder: folder.folder('artifacts'), artifactsUrl: `${httpUrl}/artifacts/` },
  )
  http.addRoutes(sources.routes)
  const charts = chartDownloads({
    resolveHost: (host) => aliases.registries[host],
    // Our own registry knows us; others get what their own objects say.
    credentials: (host) => (aliases.registries[host] === httpUrl ? credentials : undefined),
  })
  const threads = new ChartThreads(() => new Worker(CHART_THREAD, { resourceLimits: CHART_LIMITS }))
  lifecycle.add('chart-threads', () => threads.close())
  const kustomizations = kustomizeController({ client, informers, log }, {})
  const helm = new HelmController({ client, informers, charts, read: threads.read, git, platform: nodePlatform, log })
  for (const part of [...sources.controllers, kustomizations, helm]) {
    await part.start()
    lifecycle.add('controller', () => part.stop())
  }
  return { wakeSource: (repository) => sources.wake(repository), wakeChart: (name) => helm.wakeChart(name) }
}
