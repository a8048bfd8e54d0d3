import { hasEnded, type Pod } from '../../model/pod.ts'
import { isActive, isReady, untilAvailable } from '../pods/pods.ts'
import { isInRange, ordinalOf, revisionOf, type StatefulSet, startOf } from './stateful-set.ts'

/** What to do with the pods of a StatefulSet now. */
export interface StatefulPlan {
  /** Ordinals. */
  create: number[]
  remove: Pod[]
}

const NOTHING: StatefulPlan = { create: [], remove: [] }

/** In the controller's order (updateStatefulSet): what is missing or broken, what is too many, what is outdated. `now` in milliseconds. */
export function planStatefulSet(
  set: StatefulSet,
  owned: Pod[],
  { revision, now }: { revision: string; now: number },
): StatefulPlan {
  const { podManagementPolicy, minReadySeconds = 0 } = set.spec
  const ordered = podManagementPolicy !== 'Parallel'
  const isSettled = (pod: Pod): boolean =>
    isActive(pod) && isReady(pod) && untilAvailable(pod, minReadySeconds, now) === 0
  const pods = owned.filter((pod) => isInRange(set, ordinalOf(pod)))
  const surplus = owned.filter((pod) => !pods.includes(pod)).sort(lastFirst)
  return (
    planLiving(set, pods, { ordered, isSettled }) ??
    planSurplus(surplus, pods, { ordered, isSettled }) ??
    planUpdate(set, pods, { revision, isSettled })
  )
}

interface Rules {
  ordered: boolean
  /** Whether a pod runs and has been ready for long enough. */
  isSettled(pod: Pod): boolean
}

/** Undefined when all are there and, one by one, ready. */
function planLiving(set: StatefulSet, pods: Pod[], { ordered, isSettled }: Rules): StatefulPlan | undefined {
  const byOrdinal = new Map(pods.map((pod) => [ordinalOf(pod), pod]))
  const start = startOf(set)
  const plan: StatefulPlan = { create: [], remove: [] }
  for (let ordinal = start; ordinal < start + (set.spec.replicas ?? 1); ordinal++) {
    const pod = byOrdinal.get(ordinal)
    if (!pod) plan.create.push(ordinal)
    else if (hasEnded(pod) && !pod.metadata.deletionTimestamp) plan.remove.push(pod)
    const waits = !pod || hasEnded(pod) || !isSettled(pod)
    if (ordered && waits) return plan
  }
  return plan.create.length + plan.remove.length > 0 ? plan : undefined
}

/** Undefined when none is too many. */
function planSurplus(surplus: Pod[], pods: Pod[], { ordered, isSettled }: Rules): StatefulPlan | undefined {
  if (surplus.length === 0) return undefined
  const leaving = surplus.filter((pod) => !pod.metadata.deletionTimestamp)
  if (!ordered) return { create: [], remove: leaving }
  const [last] = surplus
  if (!last || last.metadata.deletionTimestamp) return NOTHING
  // One that is not ready may go only when it is the first such of all.
  const unready = [...pods, ...[...surplus].reverse()].find((pod) => !isSettled(pod))
  return isSettled(last) || unready === last ? { create: [], remove: [last] } : NOTHING
}

/** The last pod of another template goes; the ones behind it have to be ready. */
function planUpdate(
  set: StatefulSet,
  pods: Pod[],
  { revision, isSettled }: { revision: string; isSettled(pod: Pod): boolean },
): StatefulPlan {
  const { type, rollingUpdate } = set.spec.updateStrategy ?? {}
  if (type === 'OnDelete') return NOTHING
  const first = startOf(set) + (rollingUpdate?.partition ?? 0)
  for (const pod of [...pods].sort(lastFirst)) {
    if (ordinalOf(pod) < first) break
    if (revisionOf(pod) !== revision && !pod.metadata.deletionTimestamp) return { create: [], remove: [pod] }
    if (!isSettled(pod)) break
  }
  return NOTHING
}

const lastFirst = (a: Pod, b: Pod): number => ordinalOf(b) - ordinalOf(a)
