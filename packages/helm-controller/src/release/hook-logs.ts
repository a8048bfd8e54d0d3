import type { KubeClient } from '@slipway/kube-client'
import type { KubeObject } from '@slipway/kube-objects'

/** The logs of all containers of a Pod, or of a Job's pods; one that can't be read is passed over. */
export async function writeLogsOf(
  object: KubeObject,
  client: KubeClient,
  write: (text: string) => void,
): Promise<void> {
  const { namespace = '', name } = object.metadata
  const selectors: Record<string, object | undefined> = {
    Job: { labelSelector: `job-name=${name}` },
    Pod: { fieldSelector: `metadata.name=${name}` },
  }
  const selector = selectors[object.kind]
  if (!selector) return
  const { items } = await client.list<KubeObject>({ apiVersion: 'v1', kind: 'Pod', namespace, ...selector })
  for (const { metadata, spec } of items) {
    for (const container of spec.containers as { name: string }[]) {
      const path = `/api/v1/namespaces/${namespace}/pods/${metadata.name}/log?container=${container.name}`
      write(await client.getText(path).catch(() => ''))
    }
  }
}
