import type { ListQuery } from '@slipway/kube-client'

export const PODS: ListQuery = { apiVersion: 'v1', kind: 'Pod' }
export const NODES: ListQuery = { apiVersion: 'v1', kind: 'Node' }
export const NAMESPACES: ListQuery = { apiVersion: 'v1', kind: 'Namespace' }
export const SERVICES: ListQuery = { apiVersion: 'v1', kind: 'Service' }
export const ENDPOINTS: ListQuery = { apiVersion: 'v1', kind: 'Endpoints' }
export const ENDPOINT_SLICES: ListQuery = { apiVersion: 'discovery.k8s.io/v1', kind: 'EndpointSlice' }
export const REPLICATION_CONTROLLERS: ListQuery = { apiVersion: 'v1', kind: 'ReplicationController' }
export const REPLICA_SETS: ListQuery = { apiVersion: 'apps/v1', kind: 'ReplicaSet' }
export const DEPLOYMENTS: ListQuery = { apiVersion: 'apps/v1', kind: 'Deployment' }
export const STATEFUL_SETS: ListQuery = { apiVersion: 'apps/v1', kind: 'StatefulSet' }
export const DAEMON_SETS: ListQuery = { apiVersion: 'apps/v1', kind: 'DaemonSet' }
export const CONTROLLER_REVISIONS: ListQuery = { apiVersion: 'apps/v1', kind: 'ControllerRevision' }
export const JOBS: ListQuery = { apiVersion: 'batch/v1', kind: 'Job' }
export const CRON_JOBS: ListQuery = { apiVersion: 'batch/v1', kind: 'CronJob' }
export const HORIZONTAL_POD_AUTOSCALERS: ListQuery = { apiVersion: 'autoscaling/v2', kind: 'HorizontalPodAutoscaler' }
export const POD_DISRUPTION_BUDGETS: ListQuery = { apiVersion: 'policy/v1', kind: 'PodDisruptionBudget' }
export const INGRESSES: ListQuery = { apiVersion: 'networking.k8s.io/v1', kind: 'Ingress' }
export const INGRESS_CLASSES: ListQuery = { apiVersion: 'networking.k8s.io/v1', kind: 'IngressClass' }
export const PERSISTENT_VOLUMES = { apiVersion: 'v1', kind: 'PersistentVolume' } satisfies ListQuery
export const PERSISTENT_VOLUME_CLAIMS = { apiVersion: 'v1', kind: 'PersistentVolumeClaim' } satisfies ListQuery
export const NODE_LEASES = {
  apiVersion: 'coordination.k8s.io/v1',
  kind: 'Lease',
  namespace: 'kube-node-lease',
} satisfies ListQuery
export const STORAGE_CLASSES: ListQuery = { apiVersion: 'storage.k8s.io/v1', kind: 'StorageClass' }
