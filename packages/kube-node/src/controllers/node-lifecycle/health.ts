import type { Reconciler } from '@slipway/controller-runtime'
import type { KubeClient } from '@slipway/kube-client'
import { isApiError } from '@slipway/kube-client'
import { PODS } from '../../model/kinds.ts'
import type { Lease, NodeObject } from '../../model/node.ts'
import type { Pod } from '../../model/pod.ts'
import { timestamp } from '../clock.ts'
import { isReady, type SignsOfLife } from './signs-of-life.ts'
import { unknownConditions } from './silent-node.ts'

interface Deps {
  client: KubeClient
  signs: SignsOfLife
  /** The Node of this process, whose kubelet is at work as long as this is. */
  own: string
  leaseOf(node: string): Lease | undefined
  podsOn(node: string): Pod[]
}

/** Tells of Nodes whose kubelets are silent, and that pods of a Node that is not Ready are not ready either. */
export function nodeHealthReconciler({ client, signs, own, leaseOf, podsOn }: Deps): Reconciler<NodeObject> {
  return {
    async reconcile(node, context) {
      const { name } = node.metadata
      if (name === own) return WATCHED
      const left = signs.timeLeft(node, leaseOf(name))
      const conditions = left > 0 ? [] : unknownConditions(node, timestamp())
      const wasReady = isReady(node)
      if (conditions.length > 0) {
        await context.patchStatus({ conditions }, 'strategic')
        if (wasReady) context.event('Normal', 'NodeNotReady', `Node ${name} status is now: NodeNotReady`)
      }
      if (!wasReady || conditions.length > 0) {
        for (const pod of podsOn(name)) {
          const about = { apiVersion: 'v1', kind: 'Pod', metadata: pod.metadata }
          if (await markNotReady(client, pod)) context.event('Warning', 'NodeNotReady', 'Node is not ready', about)
        }
      }
      return left > 0 ? { ...WATCHED, recheckAfter: left } : WATCHED
    },
  }
}

const WATCHED = { kind: 'ready', reason: 'Watched', message: 'its conditions say what is known' } as const

/** Takes the pod from its Services. False when it was not ready, or has gone. */
async function markNotReady(client: KubeClient, { metadata, status }: Pod): Promise<boolean> {
  if (!status?.conditions?.some(({ type, status: state }) => type === 'Ready' && state === 'True')) return false
  const { name, namespace = 'default', uid } = metadata
  const conditions = [{ type: 'Ready', status: 'False', lastTransitionTime: timestamp() }]
  const patch = { metadata: { uid }, status: { conditions } }
  try {
    const how = { subresource: 'status', fieldManager: 'node-controller' } as const
    await client.patch({ ...PODS, name, namespace }, 'strategic', patch, how)
    return true
  } catch (error) {
    if (isApiError(error, 'KUBE_NOT_FOUND') || isApiError(error, 'KUBE_INVALID')) return false
    throw error
  }
}
