import type { KubeObject } from '@slipway/kube-objects'
import type { Spec } from '../defaults/spec.ts'

/**
 * Writes the values that a pod has of the keys it names (`matchLabelKeys`) into the selectors beside them, which are all that
 * schedulers look at (applyMatchLabelKeysAndMismatchLabelKeys).
 */
export function applyLabelKeys({ metadata, spec }: KubeObject): void {
  const labels = metadata.labels ?? {}
  for (const place of placesOf(spec ?? {})) {
    if (!place.labelSelector) continue
    demand(place.labelSelector, place.matchLabelKeys, 'In', labels)
    demand(place.labelSelector, place.mismatchLabelKeys, 'NotIn', labels)
  }
}

function placesOf({ affinity, topologySpreadConstraints }: Spec): Spec[] {
  const places: Spec[] = [...(topologySpreadConstraints ?? [])]
  if (!affinity) return places
  for (const { requiredDuringSchedulingIgnoredDuringExecution: needed, ...rest } of [
    affinity.podAffinity ?? {},
    affinity.podAntiAffinity ?? {},
  ]) {
    places.push(...(needed ?? []))
    for (const { podAffinityTerm } of rest.preferredDuringSchedulingIgnoredDuringExecution ?? []) {
      if (podAffinityTerm) places.push(podAffinityTerm)
    }
  }
  return places
}

function demand(selector: Spec, keys: string[] | undefined, operator: string, labels: Record<string, string>): void {
  for (const key of keys ?? []) {
    const value = labels[key]
    if (value === undefined) continue
    selector.matchExpressions = [...(selector.matchExpressions ?? []), { key, operator, values: [value] }]
  }
}
