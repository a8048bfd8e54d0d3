import type { KubeClient } from '@slipway/kube-client'
import { type KubeObject, type LabelSelector, labelRequirements, matchesLabels } from '@slipway/kube-objects'
import { refOf } from './objects.ts'

/**
 * Deletes the pods that objects select, so that they are made anew (`helm rollback --recreate-pods` of Helm 3). Helm fails for none that it
 * can't delete.
 */
export async function recreatePods(client: KubeClient, objects: readonly KubeObject[]): Promise<void> {
  for (const object of objects) {
    const selector = selectorOf(object)
    const { namespace } = object.metadata
    if (!selector || !namespace) continue
    const { items } = await client.list<KubeObject>({ apiVersion: 'v1', kind: 'Pod', namespace })
    for (const pod of items.filter(({ metadata }) => matchesLabels(metadata.labels, labelRequirements(selector)))) {
      const { uid } = pod.metadata
      await client.delete(refOf(pod), { preconditions: { ...(uid && { uid }) } }).catch(() => {})
    }
  }
}

const workloads = new Set(['DaemonSet', 'Deployment', 'Job', 'ReplicaSet', 'StatefulSet'])

/** The selector of a kind that has pods; one that selects nothing in particular is none. */
function selectorOf({ kind, spec }: KubeObject): LabelSelector | undefined {
  const selector = spec?.selector as object | undefined
  if (!selector || Object.keys(selector).length === 0) return undefined
  if (workloads.has(kind)) return selector as LabelSelector
  return kind === 'Service' || kind === 'ReplicationController'
    ? { matchLabels: selector as Record<string, string> }
    : undefined
}
