import type { NodeInfo } from '../cluster/node-info.ts'
import type { PodInfo } from '../cluster/pod-info.ts'
import { Trial } from '../filters/filters.ts'
import type { Rule } from '../filters/rule.ts'
import { type Budget, breaksBudget } from './budgets.ts'

/** Who would go from a Node so that a pod may come. */
export interface Candidate {
  node: NodeInfo
  /** The most important first. */
  victims: PodInfo[]
  /** How many of them break a budget. */
  violations: number
}

export interface Attempt {
  info: PodInfo
  rules: Rule[]
  /** Pods for which room is being made on the Node, and that go before this one. */
  nominated: PodInfo[]
  budgets: Budget[]
}

/**
 * Chooses pods of lower priority that have to make room on a Node, as few and as unimportant ones as can be, or says why that helps nothing
 * (kube-scheduler, SelectVictimsOnNode). Pods whose going would break a budget go only where the others are not enough.
 */
export function selectVictims(node: NodeInfo, { info, rules, nominated, budgets }: Attempt): Candidate | string[] {
  const lower = [...node.pods.values()].filter(({ priority }) => priority < info.priority)
  if (lower.length === 0) return ['No preemption victims found for incoming pod']
  const trial = new Trial(rules, node)
  for (const one of lower) trial.remove(one)
  const still = trial.misfit(nominated)
  if (still) return still.reasons
  lower.sort(byImportance)
  const guarded = new Set(
    breaksBudget(
      lower.map(({ pod }) => pod),
      budgets,
    ),
  )
  const isGuarded = ({ pod }: PodInfo): boolean => guarded.has(pod)
  const victims: PodInfo[] = []
  for (const one of [...lower.filter(isGuarded), ...lower.filter((other) => !isGuarded(other))]) {
    trial.add(one)
    if (!trial.misfit(nominated)) continue
    trial.remove(one)
    victims.push(one)
  }
  return { node, victims: victims.sort(byImportance), violations: victims.filter(isGuarded).length }
}

/** The most important first: by priority, then by how long they have run. */
function byImportance(a: PodInfo, b: PodInfo): number {
  return b.priority - a.priority || startOf(a) - startOf(b)
}

/** When a pod started, in milliseconds; one that has not yet is the last. */
export const startOf = ({ pod }: PodInfo): number =>
  pod.status?.startTime ? Date.parse(pod.status.startTime) : Number.MAX_SAFE_INTEGER
