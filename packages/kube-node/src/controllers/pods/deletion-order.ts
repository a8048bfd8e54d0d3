import type { Pod } from '../../model/pod.ts'
import { isReady, readySince } from './pods.ts'

/**
 * The pods in the order in which they should go when there are too many (kube-controller-manager, ActivePodsWithRanks): unscheduled
 * before scheduled, pending before running, not ready before ready, cheap before dear, lately ready before long ready, restarted before
 * steady, younger before older. Ages are told apart by their magnitude alone, so that not always the youngest goes.
 */
export function deletionOrder(pods: Pod[], now = Date.now()): Pod[] {
  return [...pods].sort(
    (a, b) =>
      differs(a, b, ({ spec }) => (spec.nodeName ? 1 : 0)) ||
      differs(a, b, ({ status }) => (status?.phase === 'Running' ? 1 : 0)) ||
      differs(a, b, (pod) => (isReady(pod) ? 1 : 0)) ||
      differs(a, b, costOf) ||
      differsInAge(a, b, readySince, now) ||
      differs(b, a, restarts) ||
      differs(b, a, sidecarRestarts) ||
      differsInAge(a, b, ({ metadata }) => metadata.creationTimestamp, now),
  )
}

const differs = (a: Pod, b: Pod, rank: (pod: Pod) => number): number => rank(a) - rank(b)

function differsInAge(a: Pod, b: Pod, time: (pod: Pod) => string | undefined, now: number): number {
  const [first, second] = [time(a), time(b)]
  if (first === second) return 0
  return magnitude(first, now) - magnitude(second, now) || ((a.metadata.uid ?? '') < (b.metadata.uid ?? '') ? -1 : 1)
}

/** Of an age in nanoseconds to the base of 2 (logarithmicRankDiff). */
function magnitude(time: string | undefined, now: number): number {
  const age = now - Date.parse(time ?? '')
  return age > 0 ? Math.trunc(Math.log2(age * 1e6)) : -1
}

const costOf = ({ metadata }: Pod): number =>
  Number(metadata.annotations?.['controller.kubernetes.io/pod-deletion-cost'] ?? 0)

const most = (counts: { restartCount: number }[] = []): number =>
  Math.max(0, ...counts.map(({ restartCount }) => restartCount))

const restarts = ({ status }: Pod): number => most(status?.containerStatuses)

function sidecarRestarts({ spec, status }: Pod): number {
  const sidecars = (spec.initContainers ?? []).filter(({ restartPolicy }) => restartPolicy === 'Always')
  return most(status?.initContainerStatuses?.filter(({ name }) => sidecars.some((one) => one.name === name)))
}
