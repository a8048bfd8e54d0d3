import { type LabelRequirement, matchesLabels } from '@slipway/kube-objects'
import type { NodeObject, Taint } from '../model/node.ts'
import type { NodeSelectorTerm, PodSpec, Toleration } from '../model/pod.ts'

/** Whether a pod's node selector and required node affinity are met by a node. */
export function selectsNode({ nodeSelector = {}, affinity }: PodSpec, node: NodeObject): boolean {
  const { labels = {} } = node.metadata
  if (!Object.entries(nodeSelector).every(([name, value]) => labels[name] === value)) return false
  const required = affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution
  return !required || required.nodeSelectorTerms.some((term) => meetsTerm(term, node))
}

/** A term without anything in it matches nothing. */
export function meetsTerm(
  { matchExpressions = [], matchFields = [] }: NodeSelectorTerm,
  { metadata }: NodeObject,
): boolean {
  if (matchExpressions.length + matchFields.length === 0) return false
  const requirements = (list: typeof matchExpressions): LabelRequirement[] =>
    list.map(({ key, operator, values = [] }) => ({ key, operator, values }))
  return (
    matchesLabels(metadata.labels ?? {}, requirements(matchExpressions)) &&
    matchesLabels({ 'metadata.name': metadata.name }, requirements(matchFields))
  )
}

/** Its taints of these effects that are not tolerated. One that is cordoned has a taint for that. */
export function untolerated(tolerations: Toleration[] = [], node: NodeObject, effects: Taint['effect'][]): Taint[] {
  const { taints = [], unschedulable } = node.spec ?? {}
  const cordon: Taint[] = unschedulable ? [{ key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule' }] : []
  return [...taints, ...cordon]
    .filter(({ effect }) => effects.includes(effect))
    .filter((taint) => !tolerations.some((toleration) => tolerates(toleration, taint)))
}

/** Whether a toleration is for a taint. */
export function tolerates({ key, operator = 'Equal', value = '', effect }: Toleration, taint: Taint): boolean {
  if (effect && effect !== taint.effect) return false
  if (key && key !== taint.key) return false
  return operator === 'Exists' || (key !== undefined && value === (taint.value ?? ''))
}
