import type { Pod } from '../../model/pod.ts'
import { absolute } from '../absolute.ts'
import { untilAvailable } from '../pods/pods.ts'
import type { DaemonSet } from './daemon-set.ts'
import { type DaemonPlan, type DaemonState, isUpdated, isWanted } from './plan.ts'

/** The pods of one Node that are not going; undefined where there are several of a kind, which go first (findUpdatedPodsOnNode). */
interface Pair {
  node: string
  current: Pod | undefined
  old: Pod | undefined
}

/** Which pods of older templates are replaced now, as many at once as the set allows (kube-controller-manager, rollingUpdate). */
export function planRollingUpdate(set: DaemonSet, state: DaemonState): DaemonPlan {
  const { minReadySeconds = 0, updateStrategy } = set.spec
  if (updateStrategy?.type === 'OnDelete') return { create: [], remove: [] }
  const wanted = state.nodes.filter((node) => isWanted(set, node).run).map(({ metadata }) => metadata.name)
  const { maxUnavailable = 1, maxSurge = 0 } = updateStrategy?.rollingUpdate ?? {}
  const surge = absolute(maxSurge, wanted.length, Math.ceil)
  const unavailable = absolute(maxUnavailable, wanted.length, Math.ceil)
  const names = new Set([...state.pods.keys(), ...wanted])
  const pairs = [...names].map((node) => pairOf(node, state))
  const isAvailable = (pod: Pod): boolean => untilAvailable(pod, minReadySeconds, state.now) === 0
  if (surge > 0) return planSurge(pairs, { wanted: new Set(wanted), surge, isAvailable })
  return { create: [], remove: replaceable(pairs, { most: unavailable || 1, isAvailable }) }
}

function pairOf(node: string, { pods, revision }: DaemonState): Pair | undefined {
  const present = (pods.get(node) ?? []).filter(({ metadata }) => !metadata.deletionTimestamp)
  const current = present.filter((pod) => isUpdated(pod, revision))
  const old = present.filter((pod) => !isUpdated(pod, revision))
  return current.length > 1 || old.length > 1 ? undefined : { node, current: current[0], old: old[0] }
}

/** Old pods that serve nobody, and of the others as many as may be missing. */
function replaceable(
  pairs: (Pair | undefined)[],
  { most, isAvailable }: { most: number; isAvailable: (pod: Pod) => boolean },
): Pod[] {
  const idle: Pod[] = []
  const serving: Pod[] = []
  let missing = 0
  for (const pair of pairs) {
    const { current, old } = pair ?? {}
    if (current && !old) missing += isAvailable(current) ? 0 : 1
    else if (old && !current && isAvailable(old)) serving.push(old)
    else {
      missing += 1
      if (old && !current) idle.push(old)
    }
  }
  return [...idle, ...serving.slice(0, Math.max(0, most - missing))]
}

/** New pods come beside old ones; these go when the new ones serve, and from Nodes that should have none when there are enough elsewhere. */
function planSurge(
  pairs: (Pair | undefined)[],
  { wanted, surge, isAvailable }: { wanted: Set<string>; surge: number; isAvailable: (pod: Pod) => boolean },
): DaemonPlan {
  const plan: DaemonPlan = { create: [], remove: [] }
  const misplaced: Pod[] = []
  const candidates: string[] = []
  let surging = 0
  let available = 0
  for (const pair of pairs) {
    if (!pair) {
      surging += 1
      continue
    }
    const { node, current, old } = pair
    const counted = old ?? current
    if (counted && isAvailable(counted)) available += 1
    if (!old) continue
    if (current) {
      if (isAvailable(current)) plan.remove.push(old)
      else surging += 1
    } else if (!wanted.has(node)) (isAvailable(old) ? misplaced : plan.remove).push(old)
    else (isAvailable(old) ? candidates : plan.create).push(node)
  }
  plan.remove.push(...misplaced.slice(0, Math.max(0, available - wanted.size)))
  plan.create.push(...candidates.slice(0, Math.max(0, surge - surging)))
  return plan
}
