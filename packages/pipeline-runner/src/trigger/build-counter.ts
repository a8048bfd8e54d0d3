import { isApiError, type KubeClient } from '@slipway/kube-client'

const NAME = 'build-counter'

/** Takes the next build id. Two callers never get the same one; one that crashes afterwards leaves a gap. */
export async function takeBuildId(client: KubeClient, namespace: string): Promise<number> {
  for (;;) {
    const ref = { apiVersion: 'v1', kind: 'ConfigMap', namespace, name: NAME }
    const counter = await client.get(ref)
    const id = Number((counter?.data as { next?: string } | undefined)?.next ?? 1)
    const data = { next: String(id + 1) }
    try {
      // The resourceVersion makes the patch fail when somebody else took this id meanwhile.
      if (counter)
        await client.patch(ref, 'merge', { metadata: { resourceVersion: counter.metadata.resourceVersion }, data })
      else await client.create({ ...ref, metadata: { namespace, name: NAME }, data })
      return id
    } catch (error) {
      if (!isApiError(error, 'KUBE_CONFLICT') && !isApiError(error, 'KUBE_ALREADY_EXISTS')) throw error
    }
  }
}
