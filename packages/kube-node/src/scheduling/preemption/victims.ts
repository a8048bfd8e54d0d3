import type { Pod } from '../model/pod.ts'
import { type Budget, breaksBudget } from './budgets.ts'
import type { Misfit } from './fit.ts'

/** Who is to go so that a pod may come, or why that helps nothing. */
export type Preemption = { victims: Pod[] } | { why: string }

/** On a victim's condition DisruptionTarget. */
export const PREEMPTED = 'PreemptionByScheduler'

/**
 * Chooses pods of lower priority that have to make room, as few and as unimportant ones as can be (kube-scheduler, DefaultPreemption).
 * Pods whose going would break a budget go only where the others are not enough. `misfitsBeside` says what stands in the pod's way
 * beside others.
 */
export function planPreemption(
  pod: Pod,
  others: Pod[],
  misfitsBeside: (others: Pod[]) => Misfit[],
  budgets: Budget[] = [],
): Preemption {
  if (pod.spec.preemptionPolicy === 'Never') return { why: 'not eligible due to preemptionPolicy=Never.' }
  if (!misfitsBeside(others).every(({ isOthers }) => isOthers)) {
    return onNode(['Preemption is not helpful for scheduling'])
  }
  const isLower = (other: Pod): boolean => priorityOf(other) < priorityOf(pod)
  if (pod.status?.nominatedNodeName && others.some((other) => isLower(other) && isLeaving(other))) {
    return { why: 'not eligible due to a terminating pod on the nominated node.' }
  }
  const lower = others.filter(isLower)
  if (lower.length === 0) return onNode(['No preemption victims found for incoming pod'])
  const staying = others.filter((other) => !isLower(other))
  const still = misfitsBeside(staying)
  if (still.length > 0) return onNode(still.map(({ reason }) => reason))
  const candidates = lower.toSorted(byImportance)
  const guarded = breaksBudget(candidates, budgets)
  const victims: Pod[] = []
  for (const candidate of [...guarded, ...candidates.filter((one) => !guarded.includes(one))]) {
    if (misfitsBeside([...staying, candidate]).length === 0) staying.push(candidate)
    else victims.push(candidate)
  }
  return { victims: victims.sort(byImportance) }
}

/** What the one node that there is has against something, as the scheduler counts it. */
export const onNode = (reasons: string[]): { why: string } => ({
  why: `0/1 nodes are available: ${reasons
    .map((reason) => `1 ${reason}`)
    .sort()
    .join(', ')}.`,
})

export const priorityOf = ({ spec }: Pod): number => spec.priority ?? 0

/** Whether a pod makes room already for one that waits. */
const isLeaving = ({ metadata, status }: Pod): boolean =>
  metadata.deletionTimestamp !== undefined &&
  (status?.conditions ?? []).some(({ type, reason }) => type === 'DisruptionTarget' && reason === PREEMPTED)

/** The most important first: by priority, then by how long they have run. */
function byImportance(a: Pod, b: Pod): number {
  return priorityOf(b) - priorityOf(a) || ((a.status?.startTime ?? '9') < (b.status?.startTime ?? '9') ? -1 : 1)
}
