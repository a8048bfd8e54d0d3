import type { NodeObject } from '../../model/node.ts'
import { hasEnded, type Pod } from '../../model/pod.ts'
import { selectsNode } from '../../scheduling/filters/node-affinity.ts'
import { untolerated } from '../../scheduling/filters/taints.ts'
import { isReady, untilAvailable } from '../pods/pods.ts'
import { type DaemonSet, REVISION_LABEL, targetOf, withDaemonTolerations } from './daemon-set.ts'

export interface DaemonPlan {
  /** Nodes that get a pod. */
  create: string[]
  remove: Pod[]
}

/** What a set's plan depends on. */
export interface DaemonState {
  nodes: NodeObject[]
  /** Pods of the set by the Node that they are for, the oldest first. */
  pods: Map<string, Pod[]>
  revision: string
  /** Milliseconds. */
  now: number
}

/** Whether a set's pod is wanted on the node, and whether one that is there may stay (NodeShouldRunDaemonPod). */
export function isWanted({ spec }: DaemonSet, node: NodeObject): { run: boolean; stay: boolean } {
  const pod = spec.template.spec
  const tolerations = withDaemonTolerations(pod.tolerations, pod.hostNetwork)
  const fits = (pod.nodeName ?? node.metadata.name) === node.metadata.name && selectsNode(pod, node)
  const refused = (effects: Parameters<typeof untolerated>[2]): boolean =>
    untolerated(tolerations, node, effects).length > 0
  return { run: fits && !refused(['NoSchedule', 'NoExecute']), stay: fits && !refused(['NoExecute']) }
}

/** The pods of a set by their Nodes, without those of which nothing is left (getNodesToDaemonPods). */
export function podsByNode(owned: Pod[]): Map<string, Pod[]> {
  const byNode = new Map<string, Pod[]>()
  for (const pod of owned.filter(isThere).sort(byAge)) {
    const node = targetOf(pod)
    if (node !== undefined) byNode.set(node, [...(byNode.get(node) ?? []), pod])
  }
  return byNode
}

const isThere = (pod: Pod): boolean => !(pod.metadata.deletionTimestamp && hasEnded(pod))

/** Those that are on their Node come before those that wait (podByCreationTimestampAndPhase). */
function byAge(a: Pod, b: Pod): number {
  const rank = ({ spec, metadata }: Pod): string =>
    [spec.nodeName ? 0 : 1, metadata.creationTimestamp, metadata.name].join('|')
  return rank(a) < rank(b) ? -1 : 1
}

/**
 * One pod on each Node that is to have one, whatever its template, and none elsewhere (podsShouldBeOnNode). Of those that have failed none
 * is replaced while `holdsFailed`.
 */
export function planPresence(set: DaemonSet, state: DaemonState, holdsFailed: (node: string) => boolean): DaemonPlan {
  const plan: DaemonPlan = { create: [], remove: [] }
  const names = new Set(state.nodes.map(({ metadata }) => metadata.name))
  for (const node of state.nodes) {
    const { name } = node.metadata
    const pods = state.pods.get(name) ?? []
    const present = pods.filter(({ metadata }) => !metadata.deletionTimestamp)
    const wanted = isWanted(set, node)
    if (!wanted.stay) {
      plan.remove.push(...present)
      continue
    }
    const running = present.filter((pod) => !hasEnded(pod))
    plan.remove.push(...present.filter((pod) => hasEnded(pod) && !(isFailed(pod) && holdsFailed(name))))
    plan.remove.push(...surplus(set, running, state))
    // With a surge the next may come while the last still goes.
    const isFree = pods.length === 0 || (surges(set) && running.length === 0)
    if (wanted.run && isFree) plan.create.push(name)
  }
  // Nobody else would ever take these: they wait for a Node that is gone.
  for (const [name, pods] of state.pods) {
    if (!names.has(name)) plan.remove.push(...pods.filter(({ spec }) => !spec.nodeName))
  }
  return plan
}

/** All but the oldest; with a surge all but the oldest of the present template and the oldest other one, as long as it is needed. */
function surplus(set: DaemonSet, running: Pod[], { revision, now }: DaemonState): Pod[] {
  if (!surges(set)) return running.slice(1)
  const current = running.find((pod) => isUpdated(pod, revision))
  const old = running.find((pod) => !isUpdated(pod, revision))
  const more = running.filter((pod) => pod !== current && pod !== old)
  if (!current || !old) return more
  const isReplaced = !isReady(old) || untilAvailable(current, set.spec.minReadySeconds ?? 0, now) === 0
  return isReplaced ? [...more, old] : more
}

export const surges = ({ spec: { updateStrategy } }: DaemonSet): boolean =>
  updateStrategy?.type === 'RollingUpdate' &&
  Number.parseInt(String(updateStrategy.rollingUpdate?.maxSurge ?? 0), 10) > 0

export const isUpdated = ({ metadata }: Pod, revision: string): boolean =>
  metadata.labels?.[REVISION_LABEL] === revision

export const isFailed = ({ status }: Pod): boolean => status?.phase === 'Failed'
