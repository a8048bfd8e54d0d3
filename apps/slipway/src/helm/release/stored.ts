import { UserError } from '@slipway/errors'
import type { Release } from '@slipway/helm-chart'
import type { StoredRelease } from '@slipway/helm-controller'
import type { Cluster } from './cluster.ts'

/** The revisions of a release, oldest first. Throws UserError RELEASE_NOT_FOUND when there are none. */
export async function historyOf({ storage, namespace }: Cluster, name: string): Promise<StoredRelease[]> {
  const history = await storage.history(name, namespace)
  if (history.length === 0) throw notFound()
  return history
}

/** One revision, the newest unless it says otherwise. Throws UserError RELEASE_NOT_FOUND. */
export async function revisionOf(cluster: Cluster, name: string, revision = 0): Promise<StoredRelease> {
  const history = await historyOf(cluster, name)
  const found = revision === 0 ? history.at(-1) : history.find(({ release }) => release.version === revision)
  if (!found) throw notFound()
  return found
}

function notFound(): UserError {
  return new UserError('RELEASE_NOT_FOUND', 'release: not found')
}

export const chartLabel = ({ chart }: Release): string => `${chart.metadata.name}-${chart.metadata.version}`

export const appVersionOf = ({ chart }: Release): string => String(chart.metadata.appVersion ?? '')
