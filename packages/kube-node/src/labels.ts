import type { KubeObject } from '@slipway/kube-objects'
import type { LabelSelector } from './types.ts'

/** Whether labels satisfy a selector (metav1.LabelSelector). An absent selector selects nothing, an empty one everything. */
export function selects(selector: LabelSelector | undefined, labels: Record<string, string> = {}): boolean {
  if (!selector) return false
  if (!matchesAll(selector.matchLabels ?? {}, labels)) return false
  return (selector.matchExpressions ?? []).every((expression) => satisfies(expression, labels))
}

function satisfies(
  { key, operator, values = [] }: NonNullable<LabelSelector['matchExpressions']>[number],
  labels: Record<string, string>,
): boolean {
  const value = labels[key]
  switch (operator) {
    case 'In':
      return value !== undefined && values.includes(value)
    case 'NotIn':
      return value === undefined || !values.includes(value)
    case 'Exists':
      return value !== undefined
    case 'DoesNotExist':
      return value === undefined
  }
}

/** Whether every wanted label is there. */
export function matchesAll(wanted: Record<string, string>, labels: Record<string, string> = {}): boolean {
  return Object.entries(wanted).every(([key, value]) => labels[key] === value)
}

/** The owner that manages the object, if any. */
export function controllerOf(object: KubeObject): { kind: string; name: string; uid: string } | undefined {
  return object.metadata.ownerReferences?.find((owner) => owner.controller)
}

/** The reference that makes `owner` the manager of what it creates. */
export function ownerReference(owner: KubeObject): NonNullable<KubeObject['metadata']['ownerReferences']>[number] {
  const { apiVersion, kind, metadata } = owner
  return { apiVersion, kind, name: metadata.name, uid: metadata.uid ?? '', controller: true, blockOwnerDeletion: true }
}
