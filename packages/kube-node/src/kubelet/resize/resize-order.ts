import type { Pod } from '../../model/pod.ts'
import { podRequests } from '../../scheduling/filters/resources.ts'

/** A change of a pod's resources that waits for room. */
export interface PendingResize {
  pod: Pod
  /** The pod with what it has been granted. */
  granted: Pod
  /** Milliseconds since 1970. */
  since: number
}

/** Who gets its change first: whoever needs no room, then by priority, class of service and waiting time (allocation_manager.go, sortPendingResizes). */
export function compareResizes(a: PendingResize, b: PendingResize): number {
  return (
    Number(needsRoom(a)) - Number(needsRoom(b)) ||
    (b.pod.spec.priority ?? 0) - (a.pod.spec.priority ?? 0) ||
    Number(isGuaranteed(b)) - Number(isGuaranteed(a)) ||
    a.since - b.since
  )
}

function needsRoom({ pod, granted }: PendingResize): boolean {
  const [asked, has] = [pod, granted].map(({ status: _, ...one }) => podRequests(one))
  return ['cpu', 'memory'].some((resource) => (asked?.get(resource) ?? 0n) > (has?.get(resource) ?? 0n))
}

const isGuaranteed = ({ pod }: PendingResize): boolean => pod.status?.qosClass === 'Guaranteed'
