import type { NodeObject } from '../model/node.ts'
import type { Pod } from '../model/pod.ts'
import { portsConflict } from './host-ports.ts'
import { selectsNode, untolerated } from './node-match.ts'
import { affinityProblem, type NamespaceLabels } from './pod-affinity.ts'
import { insufficient } from './resources.ts'

/** The node as a pod would find it. */
export interface Surroundings {
  node: NodeObject
  /** Pods that are on it and have not ended. */
  others: Pod[]
  namespaceLabels: NamespaceLabels
}

/** Why a pod can't be on the node. */
export interface Misfit {
  reason: string
  /** Whether it might be there if other pods went. */
  isOthers: boolean
}

/** In the words of kube-scheduler's filters and in their order; empty when it can. */
export function misfits(pod: Pod, surroundings: Surroundings): Misfit[] {
  const { node, others } = surroundings
  const [taint] = untolerated(pod.spec.tolerations, node, ['NoSchedule', 'NoExecute'])
  if (taint?.key === 'node.kubernetes.io/unschedulable') return never('node(s) were unschedulable')
  if (taint) return never(`node(s) had untolerated taint {${taint.key}: ${taint.value ?? ''}}`)
  if (!selectsNode(pod.spec, node)) return never("node(s) didn't match Pod's node affinity/selector")
  if (portsConflict(pod, others)) {
    return [{ reason: "node(s) didn't have free ports for the requested pod ports", isOthers: true }]
  }
  const short = insufficient(pod, node, others)
  // What the node as a whole has not got, no pod can give.
  const isOthers = short.every(({ requested, capacity }) => requested <= capacity)
  if (short.length > 0) {
    return short.map(({ resource }) => ({
      reason: resource === 'pods' ? 'Too many pods' : `Insufficient ${resource}`,
      isOthers,
    }))
  }
  if (!hasSpreadKeys(pod, node)) {
    return never("node(s) didn't match pod topology spread constraints (missing required label)")
  }
  const problem = affinityProblem(pod, surroundings)
  return problem ? [problem] : []
}

const never = (reason: string): Misfit[] => [{ reason, isOthers: false }]

/** With one node there is nothing to spread over, but the node has to have the label. */
function hasSpreadKeys({ spec }: Pod, { metadata }: NodeObject): boolean {
  return (spec.topologySpreadConstraints ?? []).every(
    ({ topologyKey, whenUnsatisfiable }) =>
      whenUnsatisfiable !== 'DoNotSchedule' || metadata.labels?.[topologyKey] !== undefined,
  )
}
