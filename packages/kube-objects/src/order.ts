import { groupVersionOf } from './identity.ts'
import type { GroupVersionKind, KubeObject, ObjectKey } from './object.ts'

// Helm's InstallOrder (pkg/release/util/kind_sorter.go), with CustomResourceDefinition moved to the front as Flux does it.
const ORDER = [
  'CustomResourceDefinition',
  'Namespace',
  'PriorityClass',
  'RuntimeClass',
  'NetworkPolicy',
  'ResourceQuota',
  'LimitRange',
  'PodSecurityPolicy',
  'PodDisruptionBudget',
  'ServiceAccount',
  'Secret',
  'SecretList',
  'ConfigMap',
  'StorageClass',
  'PersistentVolume',
  'PersistentVolumeClaim',
  'ClusterRole',
  'ClusterRoleList',
  'ClusterRoleBinding',
  'ClusterRoleBindingList',
  'Role',
  'RoleList',
  'RoleBinding',
  'RoleBindingList',
  'Service',
  'DaemonSet',
  'Pod',
  'ReplicationController',
  'ReplicaSet',
  'Deployment',
  'HorizontalPodAutoscaler',
  'StatefulSet',
  'Job',
  'CronJob',
  'IngressClass',
  'Ingress',
  'APIService',
]
const RANK = new Map(ORDER.map((kind, index) => [kind, index]))
// Webhooks come last of all: they could refuse what is applied after them.
const WEBHOOKS = new Set(['MutatingWebhookConfiguration', 'ValidatingWebhookConfiguration'])

type Orderable = GroupVersionKind & { metadata: ObjectKey }

function rank(kind: string): number {
  if (WEBHOOKS.has(kind)) return ORDER.length + 1
  return RANK.get(kind) ?? ORDER.length
}

const compareText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

/** Which of two objects is applied first (negative: `a`): by kind, then unknown kinds by name of kind, then namespace and name. */
export function compareForApply(a: Orderable, b: Orderable): number {
  return (
    rank(a.kind) - rank(b.kind) ||
    compareText(a.kind, b.kind) ||
    compareText(groupVersionOf(a.apiVersion).group, groupVersionOf(b.apiVersion).group) ||
    compareText(a.metadata.namespace ?? '', b.metadata.namespace ?? '') ||
    compareText(a.metadata.name, b.metadata.name)
  )
}

/** Objects in the order in which they are applied. */
export function sortForApply<T extends Orderable>(objects: readonly T[]): T[] {
  return objects.toSorted(compareForApply)
}

/** Objects in the order in which they are deleted: the reverse. */
export function sortForDelete<T extends Orderable>(objects: readonly T[]): T[] {
  return objects.toSorted((a, b) => compareForApply(b, a))
}

/**
 * Objects in stages; those of one stage do not need each other to exist and may be applied at once:
 * definitions (CRDs, namespaces and classes of the cluster), then everything else, then webhooks.
 */
export function applyStages<T extends Orderable>(objects: readonly T[]): T[][] {
  const stage = ({ kind }: T): number =>
    kind === 'CustomResourceDefinition' || kind === 'Namespace' || kind.endsWith('Class')
      ? 0
      : WEBHOOKS.has(kind)
        ? 2
        : 1
  const sorted = sortForApply(objects)
  return [0, 1, 2].map((n) => sorted.filter((object) => stage(object) === n)).filter((group) => group.length > 0)
}

/** The items of `List` kinds (`v1 List`, `ConfigMapList`, ...), and any other object as itself. */
export function flattenList(object: KubeObject): KubeObject[] {
  if (!object.kind.endsWith('List') || !Array.isArray(object.items)) return [object]
  const kind = object.kind.slice(0, -'List'.length)
  return (object.items as KubeObject[]).flatMap((item) =>
    // Items of typed lists leave out what the list says already.
    flattenList({ ...item, apiVersion: item.apiVersion ?? object.apiVersion, kind: item.kind ?? kind }),
  )
}
