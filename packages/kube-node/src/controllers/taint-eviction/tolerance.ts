import type { NodeObject } from '../../model/node.ts'
import type { Pod } from '../../model/pod.ts'
import { tolerates } from '../../scheduling/filters/taints.ts'

/**
 * Milliseconds for which a pod may stay on a node with these taints; Infinity where nothing sends it away (kube-controller-manager,
 * processPodOnNode). For each taint the first toleration counts, and of those the shortest.
 */
export function tolerance({ spec }: Pod, node: NodeObject): number {
  const taints = (node.spec?.taints ?? []).filter(({ effect }) => effect === 'NoExecute')
  const times = taints.map((taint) => {
    const toleration = spec.tolerations?.find((one) => tolerates(one, taint))
    return toleration ? (toleration.tolerationSeconds ?? Number.POSITIVE_INFINITY) : 0
  })
  return Math.max(0, Math.min(Number.POSITIVE_INFINITY, ...times)) * 1000
}
