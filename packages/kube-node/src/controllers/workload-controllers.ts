import {
  Controller,
  type ControllerOptions,
  changesMoreThanStatus,
  type Log,
  type Reconciler,
} from '@slipway/controller-runtime'
import type { Change, InformerSet, KubeClient, ListQuery } from '@slipway/kube-client'
import type { KubeObject, ObjectKey } from '@slipway/kube-objects'
import { controllerIdentity } from '../identities.ts'
import { bySelector, servicesOf } from '../indexes.ts'
import { controllerOf } from '../labels.ts'
import {
  CONTROLLER_REVISIONS,
  CRON_JOBS,
  DAEMON_SETS,
  DEPLOYMENTS,
  ENDPOINT_SLICES,
  ENDPOINTS,
  HORIZONTAL_POD_AUTOSCALERS,
  JOBS,
  NODES,
  PODS,
  REPLICA_SETS,
  REPLICATION_CONTROLLERS,
  SERVICES,
  STATEFUL_SETS,
} from '../model/kinds.ts'
import type { NodeObject } from '../model/node.ts'
import type { LabelSelector, Pod } from '../model/pod.ts'
import type { EndpointSlice, Service } from '../model/service.ts'
import type { ReplicaSet } from '../model/workloads.ts'
import { cronJobReconciler } from './cron-job/reconciler.ts'
import { daemonSetReconciler } from './daemon-set/reconciler.ts'
import { deploymentReconciler } from './deployment/reconciler.ts'
import { SERVICE_NAME } from './endpoints/endpoints.ts'
import { leftoverEndpointsReconciler } from './endpoints/leftovers.ts'
import { endpointsReconciler } from './endpoints/reconciler.ts'
import { TriggerTimes } from './endpoints/trigger-times.ts'
import { type ControllerRevision, RevisionHistory } from './history/controller-revisions.ts'
import type { Autoscaler } from './horizontal-pod-autoscaler/autoscaler.ts'
import type { History } from './horizontal-pod-autoscaler/limits.ts'
import { autoscalerReconciler } from './horizontal-pod-autoscaler/reconciler.ts'
import { Rivals } from './horizontal-pod-autoscaler/rivals.ts'
import type { Job } from './job/job.ts'
import { jobReconciler, orphanedJobPodReconciler } from './job/reconciler.ts'
import { isTracked } from './job/tally.ts'
import { FreshCache } from './ownership/fresh-cache.ts'
import { keyIn, ownersOf } from './ownership/owners.ts'
import { PodWriter } from './pods/pod-writer.ts'
import { replicaSetReconciler } from './replica-set/reconciler.ts'
import { ClaimKeeper } from './stateful-set/claim-keeper.ts'
import { statefulSetReconciler } from './stateful-set/reconciler.ts'
import { statefulPodWords } from './stateful-set/words.ts'

export interface WorkloadDeps {
  client: KubeClient
  informers: InformerSet
  pods: FreshCache<Pod>
  log?: Log
}

/** The controllers that make pods of workloads and addresses of Services, ready to start. */
export function workloadControllers({ client, informers, pods, log }: WorkloadDeps): Controller[] {
  const triggers = new TriggerTimes()
  const replicaSets = new FreshCache<ReplicaSet>(informers.for(REPLICA_SETS))
  const jobs = new FreshCache<Job>(informers.for(JOBS))
  const histories = new Map<string, History>()
  const rivals = new Rivals()
  const revisions = new FreshCache<ControllerRevision>(informers.for(CONTROLLER_REVISIONS))
  const nodes = (): NodeObject[] => informers.for<NodeObject>(NODES).list()
  const controller = <T extends KubeObject>(
    name: string,
    query: ListQuery,
    reconcilerWith: (client: KubeClient) => Reconciler<T>,
    more: Partial<ControllerOptions<T>>,
  ): Controller => {
    const own = client.as(controllerIdentity(ACCOUNTS[name] ?? name))
    return new Controller<T>({
      ...{ name, client: own, informers, query, reconciler: reconcilerWith(own) },
      ...{ status: 'own', always: true, userErrorRecheck: 15_000 },
      ...(log && { log }),
      ...more,
    }) as unknown as Controller
  }
  const owned = (by: ListQuery, kind: ListQuery, selectorOf = templateSelector) => ({
    query: kind,
    map: ownersOf(informers.for(by), selectorOf),
  })
  return [
    controller('deployment-controller', DEPLOYMENTS, (client) => deploymentReconciler({ client, replicaSets, pods }), {
      watches: [
        owned(DEPLOYMENTS, REPLICA_SETS),
        // Recreate waits for the last pod to go, which no replica set tells.
        { query: PODS, map: ({ type, object }) => (type === 'deleted' ? deploymentsOf(object, informers) : []) },
      ],
    }),
    controller(
      'replicaset-controller',
      REPLICA_SETS,
      (client) => replicaSetReconciler(new PodWriter(client, pods), templateSelector),
      {
        watches: [owned(REPLICA_SETS, PODS)],
      },
    ),
    controller(
      'replication-controller',
      REPLICATION_CONTROLLERS,
      (client) => replicaSetReconciler(new PodWriter(client, pods), plainSelector),
      {
        watches: [owned(REPLICATION_CONTROLLERS, PODS, plainSelector)],
      },
    ),
    controller(
      'statefulset-controller',
      STATEFUL_SETS,
      (client) =>
        statefulSetReconciler({
          pods: new PodWriter(client, pods, statefulPodWords),
          history: new RevisionHistory(client, revisions),
          claims: new ClaimKeeper(client),
        }),
      { watches: [owned(STATEFUL_SETS, PODS), owned(STATEFUL_SETS, CONTROLLER_REVISIONS)] },
    ),
    controller(
      'daemonset-controller',
      DAEMON_SETS,
      (client) =>
        daemonSetReconciler({
          pods: new PodWriter(client, pods),
          history: new RevisionHistory(client, revisions),
          nodes,
        }),
      {
        watches: [
          owned(DAEMON_SETS, PODS),
          owned(DAEMON_SETS, CONTROLLER_REVISIONS),
          { query: NODES, map: (change) => (movesDaemons(change) ? keysOf(informers.for(DAEMON_SETS).list()) : []) },
        ],
      },
    ),
    controller('job-controller', JOBS, (client) => jobReconciler({ client, pods: new PodWriter(client, pods) }), {
      watches: [owned(JOBS, PODS)],
    }),
    controller(
      'job-controller',
      PODS,
      (client) => orphanedJobPodReconciler(new PodWriter(client, pods), jobOf(informers)),
      {
        concerns: ({ type, object }: Change<Pod>) => type !== 'deleted' && isTracked(object),
        watches: [{ query: JOBS, map: ({ object }) => podsOf(object, pods) }],
      },
    ),
    controller('cronjob-controller', CRON_JOBS, (client) => cronJobReconciler({ client, jobs }), {
      watches: [owned(CRON_JOBS, JOBS, () => undefined)],
    }),
    controller(
      'endpoint-controller',
      SERVICES,
      (client) =>
        endpointsReconciler({
          client,
          pods,
          endpoints: new FreshCache(informers.for(ENDPOINTS)),
          slices: new FreshCache<EndpointSlice>(informers.for(ENDPOINT_SLICES)),
          triggers,
          node: (name) => informers.for<NodeObject>(NODES).get({ name }),
        }),
      {
        watches: [
          { query: PODS, map: servicesBehind(informers) },
          { query: ENDPOINTS, map: sameName },
          { query: ENDPOINT_SLICES, map: serviceOfSlice },
          { query: NODES, map: (change) => (movesEndpoints(change) ? keysOf(informers.for(SERVICES).list()) : []) },
        ],
      },
    ),
    controller(
      'endpoint-controller',
      ENDPOINTS,
      (client) => leftoverEndpointsReconciler(client, (key) => informers.for(SERVICES).get(key) !== undefined),
      {
        watches: [
          {
            query: SERVICES,
            map: ({ type, object }) => {
              if (type !== 'deleted') return []
              triggers.forget(object)
              return [keyIn(object, object.metadata.name)]
            },
          },
        ],
      },
    ),
    controller<Autoscaler>(
      'horizontal-pod-autoscaler',
      HORIZONTAL_POD_AUTOSCALERS,
      (client) => autoscalerReconciler({ client, pods, histories, rivals }),
      {
        concerns: changesMoreThanStatus,
        watches: [{ query: HORIZONTAL_POD_AUTOSCALERS, map: forgetting(histories, rivals) }],
      },
    ),
  ]
}

/** The ServiceAccounts of controllers that call themselves otherwise in their events. */
const ACCOUNTS: Readonly<Record<string, string>> = { 'daemonset-controller': 'daemon-set-controller' }

const templateSelector = ({ spec }: KubeObject): LabelSelector | undefined => spec?.selector

/** A ReplicationController's selector is from before there were expressions. */
const plainSelector = ({ spec }: KubeObject): LabelSelector | undefined =>
  spec?.selector && { matchLabels: spec.selector }

const keysOf = (objects: KubeObject[]): ObjectKey[] => objects.map(({ metadata }) => metadata)

/** Whether daemons may be wanted elsewhere now: what a kubelet says again and again of its Node changes nothing. */
function movesDaemons({ type, object, previous }: Change<KubeObject>): boolean {
  const grounds = (node: KubeObject | undefined): string => JSON.stringify([node?.metadata.labels, node?.spec])
  return type !== 'modified' || grounds(object) !== grounds(previous)
}

/** Whether endpoints of a Node are there that were not, or are elsewhere. */
function movesEndpoints({ type, object, previous }: Change<KubeObject>): boolean {
  const zone = (node: KubeObject | undefined): string | undefined =>
    node?.metadata.labels?.['topology.kubernetes.io/zone']
  return type !== 'modified' || zone(object) !== zone(previous)
}

function deploymentsOf(pod: KubeObject, informers: InformerSet): ObjectKey[] {
  const owner = controllerOf(pod)
  const set = owner && informers.for<ReplicaSet>(REPLICA_SETS).get(keyIn(pod, owner.name))
  const deployment = set?.metadata.uid === owner?.uid && set && controllerOf(set)
  return deployment ? [keyIn(pod, deployment.name)] : []
}

function jobOf(informers: InformerSet): (pod: Pod) => Job | undefined {
  return (pod) => {
    const owner = controllerOf(pod)
    const job = owner && informers.for<Job>(JOBS).get(keyIn(pod, owner.name))
    return job?.metadata.uid === owner?.uid ? job : undefined
  }
}

const podsOf = (job: KubeObject, pods: FreshCache<Pod>): ObjectKey[] =>
  pods
    .ownedBy(job)
    .filter(isTracked)
    .map(({ metadata }) => keyIn(job, metadata.name))

/** Those that select the pod, or did. */
function servicesBehind(informers: InformerSet): (change: Change<KubeObject>) => ObjectKey[] {
  const services = informers.for<Service>(SERVICES).index(bySelector)
  return ({ object, previous }) =>
    (previous ? [object, previous] : [object]).flatMap((pod) => keysOf(servicesOf(services, pod)))
}

function forgetting(histories: Map<string, History>, rivals: Rivals): (change: Change<KubeObject>) => ObjectKey[] {
  return ({ type, object }) => {
    if (type === 'deleted') {
      histories.delete(object.metadata.uid ?? '')
      rivals.forget(object)
    }
    return []
  }
}

const sameName = ({ type, object }: Change<KubeObject>): ObjectKey[] =>
  type === 'added' ? [] : [keyIn(object, object.metadata.name)]

function serviceOfSlice({ type, object }: Change<KubeObject>): ObjectKey[] {
  const service = object.metadata.labels?.[SERVICE_NAME]
  return type === 'added' || !service ? [] : [keyIn(object, service)]
}
