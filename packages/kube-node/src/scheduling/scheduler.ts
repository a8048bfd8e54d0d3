import { Controller, type Log } from '@slipway/controller-runtime'
import type { Change, InformerSet, KubeClient } from '@slipway/kube-client'
import type { KubeObject, ObjectKey } from '@slipway/kube-objects'
import {
  NAMESPACES,
  NODES,
  PERSISTENT_VOLUME_CLAIMS,
  PERSISTENT_VOLUMES,
  POD_DISRUPTION_BUDGETS,
  PODS,
  STORAGE_CLASSES,
} from '../model/kinds.ts'
import type { NodeObject } from '../model/node.ts'
import { hasEnded, type Pod } from '../model/pod.ts'
import type { PersistentVolume, PersistentVolumeClaim, StorageClass } from '../model/storage.ts'
import type { Budget } from './budgets.ts'
import type { StorageView } from './claims.ts'
import { Occupancy } from './occupancy.ts'
import { priorityOf } from './preemption.ts'
import { isWaiting, SCHEDULER, schedulerReconciler } from './reconciler.ts'
import { podRequests } from './resources.ts'

export interface SchedulerOptions {
  client: KubeClient
  informers: InformerSet
  nodeName: string
  log?: Log
}

/** The scheduler, ready to start: looks at pods that wait whenever room may have come. */
export function scheduler({ client, informers, nodeName, log }: SchedulerOptions): Controller {
  const pods = informers.for<Pod>(PODS)
  const waiting = (): ObjectKey[] =>
    pods
      .list()
      .filter(isWaiting)
      .sort((a, b) => priorityOf(b) - priorityOf(a))
      .map(({ metadata }) => metadata)
  const reconciler = schedulerReconciler({
    client,
    nodeName,
    node: () => informers.for<NodeObject>(NODES).get({ name: nodeName }),
    occupancy: new Occupancy(pods, nodeName),
    storage: storageView(informers),
    budgets: () => informers.for<Budget>(POD_DISRUPTION_BUDGETS).list(),
    namespaceLabels: (name) => informers.for(NAMESPACES).get({ name })?.metadata.labels ?? {},
  })
  return new Controller<Pod>({
    ...{ name: SCHEDULER, client, informers, query: PODS, reconciler, status: 'own', always: true },
    concerns: ({ type, object }) => type !== 'deleted' && isWaiting(object),
    watches: [
      { query: PODS, map: (change) => (makesRoom(change) ? waiting() : []) },
      { query: NODES, map: waiting },
      { query: NAMESPACES, map: () => [] },
      { query: POD_DISRUPTION_BUDGETS, map: () => [] },
      { query: PERSISTENT_VOLUME_CLAIMS, map: ({ object }) => waiting().filter(isBeside(object)) },
      { query: PERSISTENT_VOLUMES, map: ({ type }) => (type === 'added' ? waiting() : []) },
      { query: STORAGE_CLASSES, map: ({ type }) => (type === 'added' ? waiting() : []) },
    ],
    ...(log && { log }),
  }) as unknown as Controller
}

function storageView(informers: InformerSet): StorageView {
  return {
    claim: (namespace, name) => informers.for<PersistentVolumeClaim>(PERSISTENT_VOLUME_CLAIMS).get({ namespace, name }),
    volumes: () => informers.for<PersistentVolume>(PERSISTENT_VOLUMES).list(),
    storageClass: (name) => informers.for<StorageClass>(STORAGE_CLASSES).get({ name }),
  }
}

const isBeside =
  ({ metadata }: KubeObject) =>
  ({ namespace }: ObjectKey): boolean =>
    namespace === metadata.namespace

/** Whether a pod has left, has ended, holds less than before, or has other labels, which affinities of others may ask for. */
function makesRoom({ type, object, previous }: Change<KubeObject>): boolean {
  if (type === 'deleted') return true
  if (hasEnded(object as Pod) && !(previous && hasEnded(previous as Pod))) return true
  if (JSON.stringify(object.metadata.labels) !== JSON.stringify(previous?.metadata.labels)) return true
  return previous !== undefined && holdsLess(object as Pod, previous as Pod)
}

function holdsLess(pod: Pod, before: Pod): boolean {
  const now = podRequests(pod)
  return [...podRequests(before)].some(([resource, amount]) => (now.get(resource) ?? 0n) < amount)
}
