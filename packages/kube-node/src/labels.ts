import { type KubeObject, labelRequirements, matchesLabels } from '@slipway/kube-objects'
import type { LabelSelector } from './model/pod.ts'

/** Whether labels satisfy a selector. An absent selector selects nothing, an empty one everything. */
export function selects(selector: LabelSelector | undefined, labels?: Record<string, string>): boolean {
  return selectionBy(selector)(labels)
}

/** The same for many. */
export function selectionBy(selector: LabelSelector | undefined): (labels?: Record<string, string>) => boolean {
  if (!selector) return () => false
  const requirements = labelRequirements(selector)
  return (labels) => matchesLabels(labels, requirements)
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
