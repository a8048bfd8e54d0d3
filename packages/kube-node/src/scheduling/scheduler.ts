import { Controller, type Log } from '@slipway/controller-runtime'
import type { Change, InformerSet, KubeClient } from '@slipway/kube-client'
import type { KubeObject, ObjectKey } from '@slipway/kube-objects'
import { byClaim, bySelector, keyText, servicesOf } from '../indexes.ts'
import {
  NAMESPACES,
  NODES,
  PERSISTENT_VOLUME_CLAIMS,
  PERSISTENT_VOLUMES,
  POD_DISRUPTION_BUDGETS,
  PODS,
  REPLICA_SETS,
  REPLICATION_CONTROLLERS,
  SERVICES,
  STATEFUL_SETS,
  STORAGE_CLASSES,
} from '../model/kinds.ts'
import type { NodeObject } from '../model/node.ts'
import type { Pod } from '../model/pod.ts'
import type { Service } from '../model/service.ts'
import type { PersistentVolume, PersistentVolumeClaim, StorageClass } from '../model/storage.ts'
import { ClusterState } from './cluster/cluster-state.ts'
import type { StorageView } from './filters/claims.ts'
import type { Budget } from './preemption/budgets.ts'
import { Changes } from './queue/changes.ts'
import { Setbacks } from './queue/setbacks.ts'
import { Sweep } from './queue/sweep.ts'
import { isWaiting, SCHEDULER, schedulerReconciler } from './reconciler.ts'
import type { ScoreView } from './scores/score.ts'
import { chooser } from './scores/scores.ts'

export interface SchedulerOptions {
  client: KubeClient
  informers: InformerSet
  log?: Log
}

/** The scheduler, ready to start: looks at pods that wait, the most important first, and again when something may have come that they lack. */
export function scheduler({ client, informers, log }: SchedulerOptions): Controller {
  const sweep = new Sweep(() => {
    for (const key of setbacks.keys()) controller.enqueue(key)
  })
  const changes = new Changes(() => sweep.request())
  const setbacks = new Setbacks(changes)
  const cluster = new ClusterState(changes)
  const pods = informers.for<Pod>(PODS)
  // Before the controller's own handlers: what it decides by has to be there when it is told.
  informers.for<NodeObject>(NODES).on((change) => cluster.takeNode(change))
  pods.on((change) => {
    cluster.takePod(change)
    if (change.type === 'deleted' || !isWaiting(change.object)) setbacks.forget(change.object)
  })
  const view: ScoreView = { ...scoreView(informers), nodes: () => cluster.nodes() }
  const knowledge = {
    ...view,
    cluster,
    budgets: () => informers.for<Budget>(POD_DISRUPTION_BUDGETS).list(),
    choose: chooser(view),
  }
  const mayHelp = ({ type }: Change<KubeObject>): ObjectKey[] => {
    if (type !== 'deleted') changes.ofStorage()
    return []
  }
  const users = ({ object }: Change<KubeObject>): ObjectKey[] => {
    const waiting = pods.index(byClaim).of(keyText(object.metadata)).filter(isWaiting)
    for (const pod of waiting) setbacks.forget(pod)
    return waiting.map(({ metadata }) => metadata)
  }
  const controller = new Controller<Pod>({
    ...{ name: SCHEDULER, client, informers, query: PODS, status: 'own', always: true },
    reconciler: schedulerReconciler({ client, knowledge, setbacks }),
    rank: ({ spec }) => spec.priority ?? 0,
    concerns: ({ type, object }) => type !== 'deleted' && isWaiting(object),
    watches: [
      { query: PERSISTENT_VOLUME_CLAIMS, map: users },
      { query: PERSISTENT_VOLUMES, map: mayHelp },
      { query: STORAGE_CLASSES, map: mayHelp },
      ...CONSULTED.map((query) => ({ query, map: () => [] })),
    ],
    ...(log && { log }),
  })
  return controller as unknown as Controller
}

/** Kinds that are looked at when a decision is made. */
const CONSULTED = [
  NODES,
  NAMESPACES,
  POD_DISRUPTION_BUDGETS,
  SERVICES,
  REPLICATION_CONTROLLERS,
  REPLICA_SETS,
  STATEFUL_SETS,
]

function scoreView(informers: InformerSet): Omit<ScoreView, 'nodes'> {
  const owners = [REPLICATION_CONTROLLERS, REPLICA_SETS, STATEFUL_SETS]
  return {
    namespaceLabels: (name) => informers.for(NAMESPACES).get({ name })?.metadata.labels ?? {},
    storage: storageView(informers),
    servicesOf: (pod) => servicesOf(informers.for<Service>(SERVICES).index(bySelector), pod),
    owner: (kind, namespace, name) => {
      const query = owners.find((one) => one.kind === kind)
      return query && informers.for(query).get({ namespace, name })
    },
  }
}

function storageView(informers: InformerSet): StorageView {
  return {
    claim: (namespace, name) => informers.for<PersistentVolumeClaim>(PERSISTENT_VOLUME_CLAIMS).get({ namespace, name }),
    volume: (name) => informers.for<PersistentVolume>(PERSISTENT_VOLUMES).get({ name }),
    volumes: () => informers.for<PersistentVolume>(PERSISTENT_VOLUMES).list(),
    storageClass: (name) => informers.for<StorageClass>(STORAGE_CLASSES).get({ name }),
  }
}
