import { type LabelRequirement, matchesLabels } from '@slipway/kube-objects'
import type { NodeObject } from '../../model/node.ts'
import type { NodeSelectorRequirement, NodeSelectorTerm, PodSpec } from '../../model/pod.ts'
import type { PodInfo } from '../cluster/pod-info.ts'
import { never, type Rule } from './rule.ts'

/** That the Node is one of those that the pod asks for (NodeAffinity). */
export function nodeAffinityRule({ pod: { spec } }: PodInfo): Rule | undefined {
  if (!spec.nodeSelector && !requiredTerms(spec)) return undefined
  return {
    check: ({ object }) =>
      selectsNode(spec, object) ? undefined : never("node(s) didn't match Pod's node affinity/selector"),
  }
}

/** Whether a pod's node selector and required node affinity are met by a node. */
export function selectsNode(spec: PodSpec, node: NodeObject): boolean {
  const { labels = {} } = node.metadata
  if (!Object.entries(spec.nodeSelector ?? {}).every(([name, value]) => labels[name] === value)) return false
  return requiredTerms(spec)?.some((term) => meetsTerm(term, node)) ?? true
}

/** A term without anything in it matches nothing. */
export function meetsTerm(
  { matchExpressions = [], matchFields = [] }: NodeSelectorTerm,
  { metadata }: NodeObject,
): boolean {
  if (matchExpressions.length + matchFields.length === 0) return false
  const requirements = (list: NodeSelectorRequirement[]): LabelRequirement[] =>
    list.map(({ key, operator, values = [] }) => ({ key, operator, values }))
  return (
    matchesLabels(metadata.labels ?? {}, requirements(matchExpressions)) &&
    matchesLabels({ [NAME]: metadata.name }, requirements(matchFields))
  )
}

/** The Nodes that a pod names in each of its terms, as a daemon's does, so that nobody looks at the others; undefined when it may be any. */
export function namedNodes(spec: PodSpec): Set<string> | undefined {
  const named = new Set<string>()
  const terms = requiredTerms(spec) ?? []
  for (const { matchFields = [] } of terms) {
    const [first, ...more] = matchFields.filter(({ key, operator }) => key === NAME && operator === 'In')
    if (!first) return undefined
    for (const name of first.values ?? []) {
      if (more.every(({ values = [] }) => values.includes(name))) named.add(name)
    }
  }
  return terms.length > 0 ? named : undefined
}

const NAME = 'metadata.name'

const requiredTerms = ({ affinity }: PodSpec): NodeSelectorTerm[] | undefined =>
  affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms
