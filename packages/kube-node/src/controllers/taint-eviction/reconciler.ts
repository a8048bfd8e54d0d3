import type { Reconciler } from '@slipway/controller-runtime'
import type { KubeClient } from '@slipway/kube-client'
import type { NodeObject } from '../../model/node.ts'
import type { Pod } from '../../model/pod.ts'
import { disruptionTarget, takeAway } from '../pods/take-away.ts'
import { tolerance } from './tolerance.ts'

export const TAINT_EVICTION = 'taint-eviction-controller'

const REASON = 'TaintManagerEviction'

interface Deps {
  client: KubeClient
  node(name: string): NodeObject | undefined
}

/** Sends pods away from a Node with NoExecute taints, as soon as they do not tolerate these any longer. */
export function taintEvictionReconciler({ client, node: find }: Deps): Reconciler<Pod> {
  /** Since when a pod has only some time left, by its uid. */
  const since = new Map<string, number>()
  return {
    async reconcile(pod, context) {
      const { name, namespace = 'default', uid = '', deletionTimestamp } = pod.metadata
      const text = `${namespace}/${name}`
      const node = find(pod.spec.nodeName ?? '')
      const tolerated = node && !deletionTimestamp ? tolerance(pod, node) : Number.POSITIVE_INFINITY
      // As the real one does, by name alone.
      const about = { apiVersion: 'v1', kind: 'Pod', metadata: { name, namespace } }
      if (tolerated === Number.POSITIVE_INFINITY) {
        const wasToGo = since.delete(uid)
        if (wasToGo && !deletionTimestamp) context.event('Normal', REASON, `Cancelling deletion of Pod ${text}`, about)
        return SETTLED
      }
      const begun = since.get(uid) ?? Date.now()
      const left = begun + tolerated - Date.now()
      if (left > 0) {
        since.set(uid, begun)
        return { ...SETTLED, recheckAfter: left }
      }
      context.event('Normal', REASON, `Marking for deletion Pod ${text}`, about)
      const condition = disruptionTarget(
        pod,
        'DeletionByTaintManager',
        'Taint manager: deleting due to NoExecute taint',
      )
      await takeAway(client, pod, { manager: TAINT_EVICTION, status: { conditions: [condition] } })
      since.delete(uid)
      return SETTLED
    },
  }
}

const SETTLED = { kind: 'ready', reason: 'Settled', message: '' } as const
