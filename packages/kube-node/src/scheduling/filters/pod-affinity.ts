import { selects } from '../labels.ts'
import type { NodeObject } from '../model/node.ts'
import type { Pod, PodAffinityTerm } from '../model/pod.ts'

/** Labels of a namespace; undefined when there is none of that name. */
export type NamespaceLabels = (namespace: string) => Record<string, string> | undefined

/** Why a pod may not be beside these others, in the scheduler's words, and whether it might if they went; undefined when it may. */
export function affinityProblem(
  pod: Pod,
  { node, others, namespaceLabels }: { node: NodeObject; others: Pod[]; namespaceLabels: NamespaceLabels },
): { reason: string; isOthers: boolean } | undefined {
  const matches = (term: PodAffinityTerm, of: Pod, other: Pod): boolean =>
    hasKey(node, term) && concerns(term, { of, other, namespaceLabels })
  const { podAffinity, podAntiAffinity } = pod.spec.affinity ?? {}
  for (const term of podAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? []) {
    // The first of a group that wants to be together may come.
    const found = others.some((other) => matches(term, pod, other)) || matches(term, pod, pod)
    if (!found) return { reason: "node(s) didn't match pod affinity rules", isOthers: false }
  }
  for (const term of podAntiAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? []) {
    if (others.some((other) => matches(term, pod, other))) {
      return { reason: "node(s) didn't match pod anti-affinity rules", isOthers: true }
    }
  }
  const isUnwanted = others.some((other) =>
    (other.spec.affinity?.podAntiAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? []).some((term) =>
      matches(term, other, pod),
    ),
  )
  return isUnwanted ? { reason: "node(s) didn't satisfy existing pods anti-affinity rules", isOthers: true } : undefined
}

const hasKey = ({ metadata }: NodeObject, { topologyKey }: PodAffinityTerm): boolean =>
  metadata.labels?.[topologyKey] !== undefined

function concerns(
  { labelSelector, namespaces, namespaceSelector }: PodAffinityTerm,
  { of, other, namespaceLabels }: { of: Pod; other: Pod; namespaceLabels: NamespaceLabels },
): boolean {
  const { namespace = 'default' } = other.metadata
  const named = namespaces ?? (namespaceSelector ? [] : [of.metadata.namespace ?? 'default'])
  const isMeant =
    named.includes(namespace) ||
    (namespaceSelector !== undefined && selects(namespaceSelector, namespaceLabels(namespace)))
  return isMeant && selects(labelSelector, other.metadata.labels)
}
