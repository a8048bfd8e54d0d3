import { parseQuantity } from '@slipway/kube-objects'
import type { NodeObject } from '../../model/node.ts'
import type { Pod } from '../../model/pod.ts'
import { insufficient, podRequests, shortageText } from '../../scheduling/filters/resources.ts'

/** Why a pod does not get the resources that its spec asks for: it never can here, or not beside the others. */
export interface ResizeRefusal {
  reason: 'Infeasible' | 'Deferred'
  message: string
}

const NANO = 1_000_000_000n
const MILLI = 1_000_000n

/** `others` are the pods that run here too. The words are the kubelet's (allocation_manager.go, canResizePod). */
export function resizeRefusal(pod: Pod, node: NodeObject, others: Pod[]): ResizeRefusal | undefined {
  const { status: _, ...desired } = pod
  const requests = podRequests(desired)
  for (const [resource, unit] of [
    ['memory', NANO],
    ['cpu', MILLI],
  ] as const) {
    const requested = (requests.get(resource) ?? 0n) / unit
    const capacity = parseQuantity(node.status?.allocatable?.[resource] ?? '0') / unit
    if (requested <= capacity) continue
    const amounts = `${resource}, requested: ${requested}, capacity: ${capacity}`
    return { reason: 'Infeasible', message: `Node didn't have enough capacity: ${amounts}` }
  }
  const [short] = insufficient(desired, node, others)
  return short && { reason: 'Deferred', message: shortageText(short) }
}
