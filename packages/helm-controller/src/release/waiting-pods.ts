import type { KubeClient } from '@slipway/kube-client'
import type { KubeObject } from '@slipway/kube-objects'

interface Pod extends KubeObject {
  status?: { initContainerStatuses?: ContainerStatus[]; containerStatuses?: ContainerStatus[] }
}

interface ContainerStatus {
  name: string
  state?: { waiting?: { reason?: string; message?: string } }
}

/** What every container waits for at first; it explains nothing. */
const ORDINARY = new Set(['ContainerCreating', 'PodInitializing'])
/** Of a release that fails as a whole, a few say enough. */
const MOST = 5

/** Why the pods of a workload do not start, a line each: what Helm leaves to `kubectl describe pod`. Empty for other kinds. */
export async function waitingPods(client: KubeClient, workload: KubeObject, signal: AbortSignal): Promise<string[]> {
  const { selector } = (workload.spec ?? {}) as { selector?: { matchLabels?: Record<string, string> } }
  const labels = Object.entries(selector?.matchLabels ?? {})
  if (labels.length === 0) return []
  const labelSelector = labels.map(([key, value]) => `${key}=${value}`).join(',')
  const { namespace = 'default' } = workload.metadata
  const { items } = await client.list<Pod>({ apiVersion: 'v1', kind: 'Pod', namespace, labelSelector }, signal)
  return reasonsOf(items)
}

/** Each reason once, however many pods have it. */
export function reasonsOf(pods: Pod[]): string[] {
  const reasons = new Map<string, string>()
  for (const { metadata, status } of pods) {
    for (const { name, state } of [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])]) {
      const { reason = '', message = '' } = state?.waiting ?? {}
      if (reason === '' || ORDINARY.has(reason)) continue
      const why = message === '' ? reason : `${reason}: ${message}`
      if (!reasons.has(why)) reasons.set(why, `container ${name} of pod ${metadata.name} is waiting: ${why}`)
    }
  }
  return [...reasons.values()].slice(0, MOST)
}
