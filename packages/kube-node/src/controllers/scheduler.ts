import type { Reconciler } from '@slipway/controller-runtime'
import { isApiError, type KubeClient } from '@slipway/kube-client'
import { matchesAll } from '../labels.ts'
import type { Pod } from '../model/pod.ts'
import { timestamp } from './clock.ts'

/** Binds pods to the one node there is. */
export function schedulerReconciler(
  client: KubeClient,
  node: { name: string; labels(): Record<string, string> },
): Reconciler<Pod> {
  return {
    async reconcile(pod, context) {
      if (pod.spec.nodeName || pod.metadata.deletionTimestamp || pod.spec.schedulingGates?.length) {
        return { kind: 'ready', reason: 'Nothing', message: '' }
      }
      if (!matchesAll(pod.spec.nodeSelector ?? {}, node.labels())) {
        const message = "0/1 nodes are available: 1 node(s) didn't match Pod's node affinity/selector."
        await context.patchStatus({ conditions: unschedulable(pod, message) })
        context.event('Warning', 'FailedScheduling', message)
        return { kind: 'waiting', reason: 'Unschedulable', message }
      }
      await bind(client, pod, node.name)
      context.event(
        'Normal',
        'Scheduled',
        `Successfully assigned ${pod.metadata.namespace}/${pod.metadata.name} to ${node.name}`,
      )
      return { kind: 'ready', reason: 'Scheduled', message: '' }
    },
  }
}

async function bind(client: KubeClient, pod: Pod, node: string): Promise<void> {
  const { name, namespace = 'default', uid } = pod.metadata
  try {
    await client.create({
      apiVersion: 'v1',
      kind: 'Binding',
      metadata: { name, namespace, ...(uid && { uid }) },
      target: { apiVersion: 'v1', kind: 'Node', name: node },
    })
  } catch (error) {
    // Bound already, or gone: both are seen in the next event.
    if (isApiError(error, 'KUBE_CONFLICT') || isApiError(error, 'KUBE_NOT_FOUND')) return
    throw error
  }
}

function unschedulable(pod: Pod, message: string): unknown[] {
  const others = (pod.status?.conditions ?? []).filter(({ type }) => type !== 'PodScheduled')
  return [
    ...others,
    {
      type: 'PodScheduled',
      status: 'False',
      reason: 'Unschedulable',
      message,
      lastProbeTime: null,
      lastTransitionTime: timestamp(),
    },
  ]
}
