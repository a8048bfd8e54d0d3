import type { Pod } from '../../model/pod.ts'
import type { ClusterState } from '../cluster/cluster-state.ts'
import type { NodeInfo } from '../cluster/node-info.ts'
import type { PodInfo } from '../cluster/pod-info.ts'
import type { Misfit, Rule } from '../filters/rule.ts'
import { nowhereText } from '../messages.ts'
import type { Budget } from './budgets.ts'
import { leastLoss } from './choice.ts'
import { type Candidate, selectVictims } from './victims.ts'

/** On a victim's condition DisruptionTarget. */
export const PREEMPTED = 'PreemptionByScheduler'

/** Who is to go so that a pod may come, or why nobody; `isKept`: room that is being made for it already is its. */
export type Preemption = { candidate: Candidate } | { why: string; isKept: boolean }

/** A pod that fits on no Node, and what each has against it. */
export interface Refused {
  info: PodInfo
  rules: Rule[]
  misfits: Map<NodeInfo, Misfit>
}

/** So many Nodes are looked at for victims at the most, or a tenth of all (DefaultPreemptionArgs). */
const MOST_CANDIDATES = 100

/** Looks for a Node on which pods of lower priority can make room for one (kube-scheduler, DefaultPreemption). */
export function planPreemption(
  { info, rules, misfits }: Refused,
  cluster: Pick<ClusterState, 'nodes' | 'node' | 'nominatedOn'>,
  budgets: Budget[],
): Preemption {
  const { pod } = info
  if (pod.spec.preemptionPolicy === 'Never') return { why: 'not eligible due to preemptionPolicy=Never.', isKept: true }
  const chosen = cluster.node(pod.status?.nominatedNodeName ?? '')
  if (chosen && misfits.get(chosen)?.isOthers && [...chosen.pods.values()].some((one) => isMakingRoom(one, info))) {
    return { why: 'not eligible due to a terminating pod on the nominated node.', isKept: true }
  }
  const total = cluster.nodes().length
  const enough = Math.max(MOST_CANDIDATES, Math.floor(total / 10))
  const candidates: Candidate[] = []
  const reasons: string[][] = []
  for (const [node, { isOthers }] of misfits) {
    if (!isOthers || candidates.length === enough) continue
    const nominated = nominatedBefore(info, node, cluster)
    const found = selectVictims(node, { info, rules, nominated, budgets })
    if (Array.isArray(found)) reasons.push(found)
    else candidates.push(found)
  }
  const candidate = leastLoss(candidates)
  if (candidate) return { candidate }
  return { why: nowhereText(total, reasons, NOT_HELPFUL), isKept: false }
}

const NOT_HELPFUL = 'Preemption is not helpful for scheduling'

/** Pods for which room is being made on a Node, and that go before this one. */
export function nominatedBefore(info: PodInfo, node: NodeInfo, cluster: Pick<ClusterState, 'nominatedOn'>): PodInfo[] {
  return cluster.nominatedOn(node.name, info).filter(({ priority }) => priority >= info.priority)
}

/** Whether a pod goes already so that this one may come. */
function isMakingRoom({ pod, priority }: PodInfo, info: PodInfo): boolean {
  return priority < info.priority && isLeaving(pod)
}

const isLeaving = ({ metadata, status }: Pod): boolean =>
  metadata.deletionTimestamp !== undefined &&
  (status?.conditions ?? []).some(
    ({ type, status: state, reason }) => type === 'DisruptionTarget' && state === 'True' && reason === PREEMPTED,
  )
