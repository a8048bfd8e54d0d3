import type { KubeObject } from '@slipway/kube-objects'
import type { Spec } from '../defaults/spec.ts'
import { resourceKey } from '../registry/resource.ts'
import { qosClass } from '../strategy/pod-qos.ts'

/** Whether a quota counts this object. Those with scopes count nothing but pods and claims, of which each has scopes of its own. */
export function inScopes(
  quota: Readonly<KubeObject>,
  object: Readonly<KubeObject>,
  resource: { group: string; plural: string },
): boolean {
  const { scopes = [], scopeSelector } = (quota.spec ?? {}) as Spec
  const selectors: Spec[] = [
    ...scopes.map((scopeName: string) => ({ scopeName, operator: 'Exists' })),
    ...(scopeSelector?.matchExpressions ?? []),
  ]
  if (selectors.length === 0) return true
  const key = resourceKey(resource)
  if (key === '/persistentvolumeclaims') return selectors.every((selector) => matchesClaim(selector, object))
  return key === '/pods' && selectors.every((selector) => matches(selector, object))
}

/** By the classes that a claim has, has had and is to have, of which one is enough (evaluator/core/persistent_volume_claims.go). */
function matchesClaim({ scopeName, operator, values = [] }: Spec, { spec, status }: Readonly<KubeObject>): boolean {
  if (scopeName !== 'VolumeAttributesClass') return false
  const names: string[] = [
    spec?.volumeAttributesClassName,
    status?.currentVolumeAttributesClassName,
    status?.modifyVolumeStatus?.targetVolumeAttributesClassName,
  ].filter(Boolean)
  return names.length === 0
    ? selects(operator, values, undefined)
    : names.some((name) => selects(operator, values, name))
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
