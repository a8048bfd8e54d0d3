import { type LabelRequirement, labelRequirements, matchesLabels } from '@slipway/kube-objects'
import type { NodeObject } from '../../model/node.ts'
import type { Pod, TopologySpreadConstraint } from '../../model/pod.ts'
import type { NodeInfo } from '../cluster/node-info.ts'
import { namespaceOf } from '../cluster/pod-info.ts'
import { selectsNode } from './node-affinity.ts'
import { untolerated } from './taints.ts'

/** A constraint of a pod, with its selector taken apart. */
export interface Spread extends Pick<TopologySpreadConstraint, 'maxSkew' | 'topologyKey'> {
  minDomains: number
  /** Undefined: of no pods. */
  requirements: LabelRequirement[] | undefined
  /** Whether pods on a Node count. */
  counts(node: NodeObject): boolean
}

/** The constraints of one kind that a pod names itself. */
export function ownSpreads(pod: Pod, kind: TopologySpreadConstraint['whenUnsatisfiable']): Spread[] {
  return (pod.spec.topologySpreadConstraints ?? [])
    .filter(({ whenUnsatisfiable }) => whenUnsatisfiable === kind)
    .map((constraint) => {
      const { maxSkew, topologyKey, minDomains = 1, labelSelector, matchLabelKeys = [] } = constraint
      const { labels = {} } = pod.metadata
      const equal = matchLabelKeys.flatMap((key): LabelRequirement[] => {
        const value = labels[key]
        return value === undefined ? [] : [{ key, operator: 'In', values: [value] }]
      })
      const requirements = labelSelector && [...labelRequirements(labelSelector), ...equal]
      return { maxSkew, topologyKey, minDomains, requirements, counts: (node) => isIncluded(pod, node, constraint) }
    })
}

/** The node inclusion policies (KEP-3094): by default a Node counts that the pod's selectors allow, whatever its taints. */
function isIncluded(
  { spec }: Pod,
  node: NodeObject,
  { nodeAffinityPolicy = 'Honor', nodeTaintsPolicy = 'Ignore' }: TopologySpreadConstraint,
): boolean {
  if (nodeAffinityPolicy === 'Honor' && !selectsNode(spec, node)) return false
  return nodeTaintsPolicy === 'Ignore' || untolerated(spec.tolerations, node, ['NoSchedule', 'NoExecute']).length === 0
}

export const hasKeys = ({ labels }: NodeInfo, spreads: Spread[]): boolean =>
  spreads.every(({ topologyKey }) => labels[topologyKey] !== undefined)

/** How many of a Node's pods a constraint of this pod is about. An empty selector is about none, and who is on the way out counts no more. */
export function countOn(node: NodeInfo, pod: Pod, { requirements }: Spread): number {
  if (!requirements || requirements.length === 0) return 0
  const namespace = namespaceOf(pod)
  let count = 0
  for (const group of node.groups) {
    if (group.namespace === namespace && matchesLabels(group.labels, requirements)) count += group.staying
  }
  return count
}
