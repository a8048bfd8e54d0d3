import { compareStrings } from '@slipway/go-template'

/** The order in which Helm installs kinds; custom kinds come last, by name. */
const installOrder = [
  'PriorityClass',
  'Namespace',
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
  'CustomResourceDefinition',
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
  'MutatingWebhookConfiguration',
  'ValidatingWebhookConfiguration',
]
const uninstallOrder = [
  'ValidatingWebhookConfiguration',
  'MutatingWebhookConfiguration',
  'APIService',
  'Ingress',
  'IngressClass',
  'Service',
  'CronJob',
  'Job',
  'StatefulSet',
  'HorizontalPodAutoscaler',
  'Deployment',
  'ReplicaSet',
  'ReplicationController',
  'Pod',
  'DaemonSet',
  'RoleBindingList',
  'RoleBinding',
  'RoleList',
  'Role',
  'ClusterRoleBindingList',
  'ClusterRoleBinding',
  'ClusterRoleList',
  'ClusterRole',
  'CustomResourceDefinition',
  'PersistentVolumeClaim',
  'PersistentVolume',
  'StorageClass',
  'ConfigMap',
  'SecretList',
  'Secret',
  'ServiceAccount',
  'PodDisruptionBudget',
  'PodSecurityPolicy',
  'LimitRange',
  'ResourceQuota',
  'NetworkPolicy',
  'Namespace',
  'PriorityClass',
]

/** Compares kinds in Helm's order of installation; equal kinds keep their order. */
export const compareForInstall = comparing(installOrder)
/** Compares kinds in Helm 3's order, where webhooks are kinds like any custom one. */
export const compareForHelm3Install = comparing(installOrder.filter((kind) => !kind.endsWith('WebhookConfiguration')))
/** Compares kinds in Helm's order of removal. */
export const compareForUninstall = comparing(uninstallOrder)

function comparing(order: readonly string[]): (a: string, b: string) => number {
  const ranks = new Map(order.map((kind, rank) => [kind, rank]))
  return (a, b) => {
    const left = ranks.get(a)
    const right = ranks.get(b)
    if (left === undefined && right === undefined) return compareStrings(a, b)
    return (left ?? order.length) - (right ?? order.length)
  }
}
