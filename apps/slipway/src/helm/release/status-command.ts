import { print } from '../flags.ts'
import { formatted, type OutputFormat } from '../output.ts'
import type { HelmSettings } from '../settings.ts'
import { withCluster } from './cluster.ts'
import { releaseText, statusJson } from './release-text.ts'
import { resourceGroups, resourcesJson, resourcesText } from './resources.ts'
import { revisionOf } from './stored.ts'

/** `helm status RELEASE`: the release and the objects that it has in the cluster. */
export async function showStatus(
  name: string,
  { revision, output }: { readonly revision: number; readonly output: OutputFormat },
  settings: HelmSettings,
): Promise<void> {
  await withCluster(settings, async (cluster) => {
    const { release } = await revisionOf(cluster, name, revision)
    const groups = await resourceGroups(cluster.client, release)
    if (output === 'table') {
      const resources = await resourcesText(cluster.client, groups)
      return print(releaseText(release, { debug: settings.debug, resources }))
    }
    const resources = await resourcesJson(cluster.client, groups)
    print(formatted(output, statusJson(release, resources), () => ''))
  })
}
