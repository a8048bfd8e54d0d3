import { type LabelRequirement, labelRequirements, matchesLabels } from '@slipway/kube-objects'
import type { ContainerPort, Pod, PodAffinityTerm, PodAffinityTerms } from '../../model/pod.ts'
import { hostPorts } from '../filters/host-ports.ts'
import { type Amounts, amountsOf, podHolding, podRequests } from '../filters/resources.ts'

/** What the scheduler has to know of a pod again and again, worked out once. */
export interface PodInfo {
  pod: Pod
  /** Tells it from all others. */
  id: string
  priority: number
  like: Labelled
  /** The same text for all that are alike. */
  kin: string
  /** What it takes of a Node. */
  holding: Amounts
  /** What it counts for when Nodes are compared: a container that asks for nothing still does something (GetNonzeroRequests). */
  presumed: Amounts
  ports: ContainerPort[]
  /** Required terms, and preferred ones with their weights. */
  affinity: { required: Term[]; preferred: Weighted[] }
  antiAffinity: { required: Term[]; preferred: Weighted[] }
}

/** Those of the same namespace with the same labels are all the same to terms and selectors. */
export interface Labelled {
  namespace: string
  labels: Record<string, string>
}

/** A term of pod affinity, with its selectors taken apart. */
export interface Term {
  topologyKey: string
  namespaces: string[]
  /** Undefined: none besides those named. */
  namespaceRequirements: LabelRequirement[] | undefined
  /** Undefined: matches nothing. */
  requirements: LabelRequirement[] | undefined
}

export type Weighted = Term & { weight: number }

const PRESUMED = amountsOf({ cpu: '100m', memory: '200Mi' })

export function podInfo(pod: Pod): PodInfo {
  const { podAffinity, podAntiAffinity } = pod.spec.affinity ?? {}
  const like = { namespace: namespaceOf(pod), labels: pod.metadata.labels ?? {} }
  return {
    pod,
    id: idOf(pod),
    priority: pod.spec.priority ?? 0,
    like,
    kin: JSON.stringify(like),
    holding: podHolding(podRequests(pod)),
    presumed: podRequests(pod, PRESUMED),
    ports: hostPorts(pod),
    affinity: termsOf(pod, podAffinity),
    antiAffinity: termsOf(pod, podAntiAffinity),
  }
}

export const idOf = (pod: Pod): string => pod.metadata.uid ?? `${namespaceOf(pod)}/${pod.metadata.name}`

function termsOf(pod: Pod, terms: PodAffinityTerms = {}): PodInfo['affinity'] {
  const {
    requiredDuringSchedulingIgnoredDuringExecution: required = [],
    preferredDuringSchedulingIgnoredDuringExecution: preferred = [],
  } = terms
  return {
    required: required.map((term) => termOf(pod, term)),
    preferred: preferred.map(({ weight, podAffinityTerm }) => ({ ...termOf(pod, podAffinityTerm), weight })),
  }
}

/** Without namespaces and a selector of them the pod's own is meant. */
function termOf(pod: Pod, { topologyKey, namespaces = [], namespaceSelector, labelSelector }: PodAffinityTerm): Term {
  return {
    topologyKey,
    namespaces: namespaces.length === 0 && !namespaceSelector ? [namespaceOf(pod)] : namespaces,
    namespaceRequirements: namespaceSelector && labelRequirements(namespaceSelector),
    requirements: labelSelector && labelRequirements(labelSelector),
  }
}

export const namespaceOf = ({ metadata }: Pod): string => metadata.namespace ?? 'default'

/** Labels of a namespace; undefined when there is none of that name. */
export type NamespaceLabels = (namespace: string) => Record<string, string> | undefined

/** Whether a term means pods like these. */
export function means(term: Term, { namespace, labels }: Labelled, namespaceLabels: NamespaceLabels): boolean {
  if (!term.requirements || !matchesLabels(labels, term.requirements)) return false
  if (term.namespaces.includes(namespace)) return true
  return (
    term.namespaceRequirements !== undefined && matchesLabels(namespaceLabels(namespace), term.namespaceRequirements)
  )
}
