import type { Reconciler } from '@slipway/controller-runtime'
import type { KubeClient, ObjectIndex } from '@slipway/kube-client'
import { type byEnd, ENDED } from '../../indexes.ts'
import { NODES } from '../../model/kinds.ts'
import type { NodeObject } from '../../model/node.ts'
import { hasEnded, type Pod } from '../../model/pod.ts'
import type { PodCondition } from '../../model/pod-status.ts'
import { isReady } from '../node-lifecycle/signs-of-life.ts'
import { disruptionTarget, takeAway } from '../pods/take-away.ts'

export const POD_GC = 'pod-garbage-collector'
/** Pods that have ended are kept up to here (kube-controller-manager, --terminated-pod-gc-threshold). */
export const MOST_ENDED = 12_500
/** How long a Node may be missing before its pods are taken for lost. */
const QUARANTINE = 40_000

interface Deps {
  client: KubeClient
  /** {@link byEnd} */
  ended: Pick<ObjectIndex<Pod>, 'of' | 'count'>
  node(name: string): NodeObject | undefined
  mostEnded: number
}

/**
 * Takes away pods that nobody else will: of a Node that is gone or said to be out of service, deleted before they had one, and the oldest of
 * too many that ended.
 */
export function podGarbageReconciler({ client, ended, node: find, mostEnded }: Deps): Reconciler<Pod> {
  /** Since when a Node is missing, by its name. */
  const missing = new Map<string, number>()

  async function nodeIsGone(nodeName: string): Promise<boolean> {
    return (await client.get({ ...NODES, name: nodeName })) === undefined
  }

  async function remove(pod: Pod, condition?: PodCondition): Promise<void> {
    // It would be shown as running for ever: there is no kubelet to say otherwise.
    const { generation } = pod.metadata
    const status = {
      phase: 'Failed' as const,
      ...(generation !== undefined && { observedGeneration: generation }),
      ...(condition && { conditions: [condition] }),
    }
    await takeAway(client, pod, { manager: POD_GC, isForced: true, ...(!hasEnded(pod) && { status }) })
  }

  return {
    async reconcile(pod) {
      const { nodeName } = pod.spec
      if (pod.metadata.deletionTimestamp && !nodeName) await remove(pod)
      if (hasEnded(pod)) for (const one of surplus(ended, mostEnded)) await remove(one)
      const node = find(nodeName ?? '')
      if (node && pod.metadata.deletionTimestamp && isOutOfService(node)) await remove(pod)
      if (!nodeName || node) {
        missing.delete(nodeName ?? '')
        return SETTLED
      }
      const begun = missing.get(nodeName) ?? Date.now()
      missing.set(nodeName, begun)
      const left = begun + QUARANTINE - Date.now()
      if (left > 0) return { ...SETTLED, recheckAfter: left }
      const isGone = await nodeIsGone(nodeName)
      if (isGone) await remove(pod, disruptionTarget(pod, 'DeletionByPodGC', 'PodGC: node no longer exists'))
      return SETTLED
    },
  }
}

/** Whether somebody vouches that nothing runs there any more (KEP-2268). */
const isOutOfService = (node: NodeObject): boolean =>
  !isReady(node) && (node.spec?.taints ?? []).some(({ key }) => key === 'node.kubernetes.io/out-of-service')

/** Those that were evicted first, and then the oldest (byEvictionAndCreationTimestamp). */
function surplus(ended: Deps['ended'], most: number): Pod[] {
  const excess = ended.count(ENDED) - most
  if (excess <= 0) return []
  const rank = ({ metadata, status }: Pod): string =>
    [status?.reason === 'Evicted' ? 0 : 1, metadata.creationTimestamp, metadata.name].join('|')
  return ended
    .of(ENDED)
    .sort((a, b) => (rank(a) < rank(b) ? -1 : 1))
    .slice(0, excess)
}

const SETTLED = { kind: 'ready', reason: 'Settled', message: '' } as const
