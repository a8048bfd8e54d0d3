import { groupVersionOf } from '@slipway/kube-objects'
import type { Resource } from './resource.ts'

// Kustomize's `legacy` order, the default of its command line (types/sortoptions.go).
const FIRST = [
  'Namespace',
  'ResourceQuota',
  'StorageClass',
  'CustomResourceDefinition',
  'ServiceAccount',
  'PodSecurityPolicy',
  'Role',
  'ClusterRole',
  'RoleBinding',
  'ClusterRoleBinding',
  'ConfigMap',
  'Secret',
  'Endpoints',
  'Service',
  'LimitRange',
  'PriorityClass',
  'PersistentVolume',
  'PersistentVolumeClaim',
  'Deployment',
  'StatefulSet',
  'CronJob',
  'PodDisruptionBudget',
]
const LAST = ['MutatingWebhookConfiguration', 'ValidatingWebhookConfiguration']

function rank(kind: string): number {
  const first = FIRST.indexOf(kind)
  return first >= 0 ? first - FIRST.length : LAST.indexOf(kind) + 1
}

/** Resources in the order in which kustomize prints them. */
export function legacyOrder(resources: readonly Resource[]): Resource[] {
  const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)
  return resources.toSorted(
    (a, b) =>
      rank(a.object.kind) - rank(b.object.kind) || compare(kindKey(a), kindKey(b)) || compare(nameKey(a), nameKey(b)),
  )
}

function kindKey({ object }: Resource): string {
  const { group, version } = groupVersionOf(object.apiVersion)
  return `${group || '~G'}_${version || '~V'}_${object.kind}`
}

function nameKey({ object: { metadata } }: Resource): string {
  return `${metadata.namespace || '~X'}|${metadata.name}`
}
