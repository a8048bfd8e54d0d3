import type { KubeObject } from '@slipway/kube-objects'
import type { Spec } from '../defaults/spec.ts'
import { qosClass } from '../strategy/pod-qos.ts'

/** Whether a quota with scopes counts this pod. Quotas with scopes count nothing but pods. */
export function inScopes(quota: Readonly<KubeObject>, object: Readonly<KubeObject>, isPod: boolean): boolean {
  const { scopes = [], scopeSelector } = (quota.spec ?? {}) as Spec
  const selectors: Spec[] = [
    ...scopes.map((scopeName: string) => ({ scopeName, operator: 'Exists' })),
    ...(scopeSelector?.matchExpressions ?? []),
  ]
  if (selectors.length === 0) return true
  return isPod && selectors.every((selector) => matches(selector, object))
}

function matches({ scopeName, operator, values = [] }: Spec, pod: Readonly<KubeObject>): boolean {
  const spec = (pod.spec ?? {}) as Spec
  const terminating = spec.activeDeadlineSeconds !== undefined
  switch (scopeName) {
    case 'Terminating':
      return terminating
    case 'NotTerminating':
      return !terminating
    case 'BestEffort':
      return isBestEffort(pod)
    case 'NotBestEffort':
      return !isBestEffort(pod)
    case 'PriorityClass':
      return selects(operator, values, spec.priorityClassName)
    case 'CrossNamespacePodAffinity':
      return crossesNamespaces(spec)
    default:
      return false
  }
}

function selects(operator: string, values: string[], name: string | undefined): boolean {
  if (operator === 'Exists') return Boolean(name)
  if (operator === 'DoesNotExist') return !name
  const listed = name !== undefined && values.includes(name)
  return operator === 'In' ? listed : !listed
}

function isBestEffort({ spec = {}, status }: Readonly<KubeObject>): boolean {
  return (status?.qosClass ?? qosClass(spec)) === 'BestEffort'
}

function crossesNamespaces({ affinity }: Spec): boolean {
  const terms = ['podAffinity', 'podAntiAffinity'].flatMap((kind) => [
    ...(affinity?.[kind]?.requiredDuringSchedulingIgnoredDuringExecution ?? []),
    ...(affinity?.[kind]?.preferredDuringSchedulingIgnoredDuringExecution ?? []).map(
      ({ podAffinityTerm }: Spec) => podAffinityTerm,
    ),
  ])
  return terms.some((term: Spec) => term?.namespaces?.length > 0 || term?.namespaceSelector !== undefined)
}
