import { GitClient } from '@slipway/git-client'
import { chartDownloads, HelmController } from '@slipway/helm-controller'
import { kustomizeController } from '@slipway/kustomize-controller'
import { sourceControllers } from '@slipway/source-controller'
import { nodePlatform } from '../helm/node-platform.ts'
import type { Platform } from './platform.ts'

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
  const kustomizations = kustomizeController({ client, informers, log }, {})
  const helm = new HelmController({ client, informers, charts, git, platform: nodePlatform, log })
  for (const part of [...sources.controllers, kustomizations, helm]) {
    await part.start()
    lifecycle.add('controller', () => part.stop())
  }
  return { wakeSource: (repository) => sources.wake(repository), wakeChart: (name) => helm.wakeChart(name) }
}
