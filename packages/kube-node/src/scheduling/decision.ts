import type { PersistentVolumeClaim } from '../model/storage.ts'
import type { ClusterState, ClusterView } from './cluster/cluster-state.ts'
import type { NodeInfo } from './cluster/node-info.ts'
import type { PodInfo } from './cluster/pod-info.ts'
import { claimsOf } from './filters/claims.ts'
import { misfitBeside, rulesFor, Trial } from './filters/filters.ts'
import { namedNodes } from './filters/node-affinity.ts'
import type { Misfit, Rule } from './filters/rule.ts'
import { blockedText, nowhereText } from './messages.ts'
import type { Budget } from './preemption/budgets.ts'
import { nominatedBefore, planPreemption, type Refused } from './preemption/preemption.ts'
import type { Candidate } from './preemption/victims.ts'

/** What the scheduler decides by. */
export interface Knowledge extends ClusterView {
  cluster: ClusterState
  budgets(): Budget[]
  /** The best of several Nodes on which a pod fits. */
  choose(info: PodInfo, feasible: NodeInfo[]): NodeInfo | undefined
}

/** A Node, perhaps once the volumes of these claims are there; or none. */
export type Decision = { kind: 'node'; node: NodeInfo; claims: PersistentVolumeClaim[] } | Setback

export interface Setback {
  kind: 'none'
  message: string
  /** Where room is being made for the pod from now on. */
  nominated: Candidate | 'nowhere' | 'as before'
  /** Whether something may help that happens on a Node on which the pod does not fit by itself. */
  looksAround: boolean
}

/** Where a pod goes: one cycle of kube-scheduler with its default profile. */
export function decide(info: PodInfo, knowledge: Knowledge): Decision {
  const total = knowledge.nodes().length
  if (total === 0) {
    const message = 'no nodes available to schedule pods'
    return { kind: 'none', message, nominated: 'nowhere', looksAround: false }
  }
  const named = namedNodes(info.pod.spec)
  const claims = named?.size === 0 ? 'pod affinity terms conflict' : claimsOf(info.pod, knowledge.storage)
  if (typeof claims === 'string') {
    // "Not found" is what the plug-in for claims of devices has to say, which was not asked before; preemption has no turn then.
    const message = `${blockedText(total, claims)} not found`
    return { kind: 'none', message, nominated: 'as before', looksAround: false }
  }
  const rules = rulesFor(info, claims, knowledge)
  const { feasible, misfits } = survey(info, rules, { knowledge, named })
  const [first, second] = feasible
  const node = second ? knowledge.choose(info, feasible) : first
  if (node) return { kind: 'node', node, claims: claims.waiting }
  const reasons = [...misfits.values()].map((misfit) => misfit.reasons)
  return setback(nowhereText(total, reasons, UNNAMED), { info, rules, misfits }, knowledge)
}

/** Of Nodes that the pod's terms do not name. */
const UNNAMED = "node(s) didn't satisfy plugin(s) [NodeAffinity]"

interface Survey {
  feasible: NodeInfo[]
  misfits: Map<NodeInfo, Misfit>
}

/** Each Node's answer. Where room was made for the pod it goes without a look at the others. */
function survey(
  info: PodInfo,
  rules: Rule[],
  { knowledge, named }: { knowledge: Knowledge; named: Set<string> | undefined },
): Survey {
  const { cluster } = knowledge
  const misfits = new Map<NodeInfo, Misfit>()
  const fits = (node: NodeInfo): boolean => {
    const misfit = misfitBeside(rules, node, nominatedBefore(info, node, cluster))
    if (misfit) misfits.set(node, misfit)
    return misfit === undefined
  }
  const nominated = cluster.node(info.pod.status?.nominatedNodeName ?? '')
  if (nominated && fits(nominated)) return { feasible: [nominated], misfits }
  const nodes = named ? [...named].map((name) => cluster.node(name)) : knowledge.nodes()
  return { feasible: nodes.filter((node) => node !== undefined).filter(fits), misfits }
}

/** With what the scheduler's plug-ins for claims of devices and for preemption add, in this order. */
function setback(why: string, refused: Refused, { cluster, budgets }: Knowledge): Setback {
  const looksAround = refused.rules.some(({ move }) => move !== undefined)
  const preemption = planPreemption(refused, cluster, budgets())
  if ('candidate' in preemption) return { kind: 'none', message: why, nominated: preemption.candidate, looksAround }
  const message = `${why} no new claims to deallocate, preemption: ${preemption.why}`
  return { kind: 'none', message, nominated: preemption.isKept ? 'as before' : 'nowhere', looksAround }
}

/** Whether a pod would fit on one Node, if need be in the place of pods that matter less. */
export function wouldFit(info: PodInfo, name: string, knowledge: Knowledge): boolean {
  const node = knowledge.cluster.node(name)
  const claims = claimsOf(info.pod, knowledge.storage)
  if (!node || typeof claims === 'string') return false
  const trial = new Trial(rulesFor(info, claims, knowledge), node)
  for (const one of node.pods.values()) if (one.priority < info.priority) trial.remove(one)
  return trial.misfit(nominatedBefore(info, node, knowledge.cluster)) === undefined
}
