import { print } from '../flags.ts'
import { ansiTime } from '../go-time.ts'
import { formatted, type OutputFormat, tableText } from '../output.ts'
import type { HelmSettings } from '../settings.ts'
import { withCluster } from './cluster.ts'
import { appVersionOf, chartLabel, historyOf } from './stored.ts'

/** `helm history RELEASE`: its newest `max` revisions, oldest first. */
export async function showHistory(
  name: string,
  { max, output }: { readonly max: number; readonly output: OutputFormat },
  settings: HelmSettings,
): Promise<void> {
  const history = await withCluster(settings, (cluster) => historyOf(cluster, name))
  const revisions = history.slice(Math.max(0, history.length - max)).map(({ release }) => ({
    revision: release.version,
    updated: release.info.last_deployed,
    status: release.info.status,
    chart: chartLabel(release),
    app_version: appVersionOf(release),
    description: release.info.description ?? '',
  }))
  const head = ['REVISION', 'UPDATED', 'STATUS', 'CHART', 'APP VERSION', 'DESCRIPTION']
  const rows = revisions.map(({ revision, updated, ...rest }) => [revision, ansiTime(updated), ...Object.values(rest)])
  print(formatted(output, revisions, () => tableText([head, ...rows])))
}
