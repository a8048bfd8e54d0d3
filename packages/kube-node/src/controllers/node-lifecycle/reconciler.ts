import type { Reconciler } from '@slipway/controller-runtime'
import type { KubeClient } from '@slipway/kube-client'
import type { NodeObject } from '../../model/node.ts'
import { timestamp } from '../clock.ts'
import { isReady } from './signs-of-life.ts'
import { taintsFor } from './taints.ts'

/**
 * Keeps a Node's taints in step with its conditions, so that new pods stay away from one that can't run them, and the others leave it; but
 * not when no Node is Ready, for then it is who asks that can't see them (kube-controller-manager's handleDisruption).
 */
export function nodeTaintReconciler(client: KubeClient, nodes: () => NodeObject[]): Reconciler<NodeObject> {
  const registered = new Set<string | undefined>()
  return {
    async reconcile(node, context) {
      const { name, resourceVersion, uid } = node.metadata
      if (!registered.has(uid)) {
        registered.add(uid)
        context.event('Normal', 'RegisteredNode', `Node ${name} event: Registered Node ${name} in Controller`)
      }
      const isLost = !isReady(node) && nodes().some(isReady)
      const taints = taintsFor(node, { isLost, now: timestamp() })
      if (taints) {
        const patch = { metadata: { resourceVersion }, spec: { taints } }
        await client.patch({ apiVersion: 'v1', kind: 'Node', name }, 'merge', patch)
      }
      return { kind: 'ready', reason: 'Tainted', message: 'taints say what the conditions say' }
    },
  }
}
