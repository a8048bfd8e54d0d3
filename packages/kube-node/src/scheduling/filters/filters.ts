import type { ClusterView } from '../cluster/cluster-state.ts'
import type { NodeInfo } from '../cluster/node-info.ts'
import type { PodInfo } from '../cluster/pod-info.ts'
import type { Claims } from './claims.ts'
import { portsRule } from './host-ports.ts'
import { nodeAffinityRule } from './node-affinity.ts'
import { podAffinityRule } from './pod-affinity.ts'
import { resourcesRule } from './resources.ts'
import type { Misfit, Rule } from './rule.ts'
import { spreadRule } from './spread.ts'
import { cordonRule, taintsRule } from './taints.ts'
import { exclusiveClaimsRule, volumesRule, volumeZoneRule } from './volumes.ts'

/** The filters of kube-scheduler's default profile for one pod, in their order; those that have nothing to say of it are left out. */
export function rulesFor(info: PodInfo, claims: Claims, cluster: ClusterView): Rule[] {
  const rules = [
    cordonRule(info),
    taintsRule(info),
    nodeAffinityRule(info),
    portsRule(info),
    resourcesRule(info),
    exclusiveClaimsRule(info, claims, cluster),
    volumesRule(claims, cluster.storage),
    volumeZoneRule(claims, cluster.storage),
    spreadRule(info, cluster),
    podAffinityRule(info, cluster),
  ]
  return rules.filter((rule) => rule !== undefined)
}

/** What the first filter that objects has against a Node. */
export function misfitOf(rules: Rule[], node: NodeInfo): Misfit | undefined {
  for (const rule of rules) {
    const misfit = rule.check(node)
    if (misfit) return misfit
  }
  return undefined
}

/**
 * The same beside pods for which room is being made there, and also without them: it must not be that the pod fits only thanks to one
 * that may still go elsewhere (RunFilterPluginsWithNominatedPods).
 */
export function misfitBeside(rules: Rule[], node: NodeInfo, nominated: PodInfo[]): Misfit | undefined {
  if (nominated.length === 0) return misfitOf(rules, node)
  const trial = new Trial(rules, node)
  for (const one of nominated) trial.add(one)
  return trial.misfit() ?? misfitOf(rules, node)
}

/** A Node as it would be with other pods on it. Nothing of it is seen elsewhere. */
export class Trial {
  readonly #rules: Rule[]
  readonly #node: NodeInfo

  constructor(rules: Rule[], node: NodeInfo) {
    this.#rules = rules.map((rule) => rule.copy?.() ?? rule)
    this.#node = node.copy()
  }

  add(pod: PodInfo): void {
    this.#node.add(pod)
    for (const rule of this.#rules) rule.move?.(pod, this.#node, 1)
  }

  remove(pod: PodInfo): void {
    this.#node.remove(pod)
    for (const rule of this.#rules) rule.move?.(pod, this.#node, -1)
  }

  misfit(nominated: PodInfo[] = []): Misfit | undefined {
    return misfitBeside(this.#rules, this.#node, nominated)
  }
}
