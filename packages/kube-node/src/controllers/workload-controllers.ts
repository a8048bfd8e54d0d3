import { Controller, type ControllerOptions, type Log, type Reconciler } from '@slipway/controller-runtime'
import type { Change, InformerSet, KubeClient, ListQuery } from '@slipway/kube-client'
import type { KubeObject, ObjectKey } from '@slipway/kube-objects'
import { controllerOf, matchesAll } from '../labels.ts'
import { PODS, SERVICES } from '../model/kinds.ts'
import type { Pod } from '../model/pod.ts'
import type { Service } from '../model/service.ts'
import type { ReplicaSet } from '../model/workloads.ts'
import { daemonSetReconciler } from './daemon-set.ts'
import { deploymentReconciler } from './deployment/reconciler.ts'
import { endpointsReconciler } from './endpoints.ts'
import { FreshCache } from './fresh-cache.ts'
import { jobReconciler } from './job.ts'
import { PodWriter } from './pod-writer.ts'
import { replicaSetReconciler } from './replica-set.ts'
import { schedulerReconciler } from './scheduler.ts'
import { statefulSetReconciler } from './stateful-set.ts'

const apps = (kind: string): ListQuery => ({ apiVersion: 'apps/v1', kind })
const REPLICA_SETS = apps('ReplicaSet')
const ENDPOINTS: ListQuery = { apiVersion: 'v1', kind: 'Endpoints' }
const SLICES: ListQuery = { apiVersion: 'discovery.k8s.io/v1', kind: 'EndpointSlice' }

export interface WorkloadDeps {
  client: KubeClient
  informers: InformerSet
  node: { name: string; labels(): Record<string, string> }
  log?: Log
}

/** Deployment, ReplicaSet, StatefulSet, DaemonSet, Job, endpoints and scheduler, ready to start. */
export function workloadControllers(deps: WorkloadDeps): Controller[] {
  const { client, informers, node } = deps
  const pods = new FreshCache<Pod>(informers.for<Pod>(PODS))
  const replicaSets = new FreshCache<ReplicaSet>(informers.for<ReplicaSet>(REPLICA_SETS))
  const writer = new PodWriter(client, pods)
  const controller = <T extends KubeObject>(
    name: string,
    query: ListQuery,
    reconciler: Reconciler<T>,
    more: Partial<ControllerOptions<T>> = {},
  ): Controller =>
    new Controller<T>({
      name,
      client,
      informers,
      query,
      reconciler,
      status: 'own',
      ...(deps.log && { log: deps.log }),
      ...more,
    }) as unknown as Controller
  const podOwners = (kind: string): Pick<ControllerOptions<KubeObject>, 'watches'> => ({
    watches: [{ query: PODS, map: ownersOf(kind) }],
  })
  return [
    controller('deployment-controller', apps('Deployment'), deploymentReconciler({ client, replicaSets, pods }), {
      watches: [
        { query: REPLICA_SETS, map: ownersOf('Deployment') },
        // Recreate waits for the last pod to go, which no replica set tells.
        {
          query: PODS,
          map: (change) => (change.type === 'deleted' ? deploymentsOfPod(change.object, replicaSets) : []),
        },
      ],
    }),
    controller('replicaset-controller', REPLICA_SETS, replicaSetReconciler(writer), podOwners('ReplicaSet')),
    controller('statefulset-controller', apps('StatefulSet'), statefulSetReconciler(writer), podOwners('StatefulSet')),
    controller('daemonset-controller', apps('DaemonSet'), daemonSetReconciler(writer, node), podOwners('DaemonSet')),
    controller('job-controller', { apiVersion: 'batch/v1', kind: 'Job' }, jobReconciler(writer), podOwners('Job')),
    controller(
      'endpoint-controller',
      SERVICES,
      endpointsReconciler({
        client,
        pods,
        endpoints: new FreshCache(informers.for(ENDPOINTS)),
        slices: new FreshCache(informers.for(SLICES)),
      }),
      {
        watches: [
          { query: PODS, map: servicesOf(informers) },
          { query: ENDPOINTS, map: sameName },
          { query: SLICES, map: serviceOfSlice },
        ],
      },
    ),
    controller('default-scheduler', PODS, schedulerReconciler(client, node), {
      concerns: ({ type, object }: Change<Pod>) => type !== 'deleted' && !object.spec.nodeName,
    }),
  ]
}

function ownersOf(kind: string): (change: Change<KubeObject>) => ObjectKey[] {
  return ({ object }) => {
    const owner = controllerOf(object)
    return owner?.kind === kind ? [keyIn(object, owner.name)] : []
  }
}

function deploymentsOfPod(pod: KubeObject, sets: FreshCache<ReplicaSet>): ObjectKey[] {
  const owner = controllerOf(pod)
  const set = owner && sets.list().find(({ metadata }) => metadata.uid === owner.uid)
  const deployment = set && controllerOf(set)
  return deployment ? [keyIn(pod, deployment.name)] : []
}

function servicesOf(informers: InformerSet): (change: Change<KubeObject>) => ObjectKey[] {
  return ({ object, previous }) => {
    const selected = (service: Service, pod: KubeObject | undefined): boolean =>
      pod !== undefined && service.spec.selector !== undefined && matchesAll(service.spec.selector, pod.metadata.labels)
    return informers
      .for<Service>(SERVICES)
      .list()
      .filter((service) => service.metadata.namespace === object.metadata.namespace)
      .filter((service) => selected(service, object) || selected(service, previous))
      .map(({ metadata }) => keyIn(object, metadata.name))
  }
}

const sameName = ({ type, object }: Change<KubeObject>): ObjectKey[] =>
  type === 'added' ? [] : [keyIn(object, object.metadata.name)]

function serviceOfSlice({ type, object }: Change<KubeObject>): ObjectKey[] {
  const service = object.metadata.labels?.['kubernetes.io/service-name']
  return type === 'added' || !service ? [] : [keyIn(object, service)]
}

const keyIn = (object: KubeObject, name: string): ObjectKey => ({
  name,
  ...(object.metadata.namespace && { namespace: object.metadata.namespace }),
})
