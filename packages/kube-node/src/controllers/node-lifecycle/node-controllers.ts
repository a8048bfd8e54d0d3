import { Controller, type ControllerOptions, type Log, type Reconciler } from '@slipway/controller-runtime'
import type { Change, InformerSet, KubeClient, ListQuery } from '@slipway/kube-client'
import type { KubeObject, ObjectKey } from '@slipway/kube-objects'
import { controllerIdentity } from '../../identities.ts'
import { byEnd, byNode } from '../../indexes.ts'
import { NODE_LEASES, NODES, PODS } from '../../model/kinds.ts'
import type { Lease, NodeObject } from '../../model/node.ts'
import type { Pod } from '../../model/pod.ts'
import { MOST_ENDED, POD_GC, podGarbageReconciler } from '../pod-gc/reconciler.ts'
import { TAINT_EVICTION, taintEvictionReconciler } from '../taint-eviction/reconciler.ts'
import { nodeHealthReconciler } from './health.ts'
import { nodeTaintReconciler } from './reconciler.ts'
import { isReady, SignsOfLife } from './signs-of-life.ts'

export interface NodeControllerDeps {
  client: KubeClient
  informers: InformerSet
  /** The Node of this process. */
  nodeName: string
  log: Log
}

/** The controllers that look after Nodes, and what is to become of pods on them, ready to start. */
export function nodeControllers({ client: administrator, informers, nodeName, log }: NodeControllerDeps): Controller[] {
  const client = administrator.as(controllerIdentity('node-controller'))
  const collector = administrator.as(controllerIdentity(POD_GC))
  const signs = new SignsOfLife()
  const nodes = (): NodeObject[] => informers.for<NodeObject>(NODES).list()
  const find = (name: string): NodeObject | undefined => informers.for<NodeObject>(NODES).get({ name })
  const leaseOf = (name: string): Lease | undefined =>
    informers.for<Lease>(NODE_LEASES).get({ name, namespace: NODE_LEASES.namespace })
  const podsByNode = informers.for<Pod>(PODS).index(byNode)
  const ended = informers.for<Pod>(PODS).index(byEnd)
  const podsOn = (name: string): Pod[] => podsByNode.of(name)
  const itsPods = (change: Change<KubeObject>): ObjectKey[] =>
    movesPods(change) ? podsOn(change.object.metadata.name).map(({ metadata }) => metadata) : []
  const controller = <T extends KubeObject>(
    query: ListQuery,
    reconciler: Reconciler<T>,
    more: Partial<ControllerOptions<T>> = {},
  ): Controller =>
    new Controller<T>({
      ...{ name: 'node-controller', client, informers, query, reconciler, log },
      ...{ status: 'own', always: true, ...more },
    }) as unknown as Controller
  return [
    controller<NodeObject>(NODES, nodeTaintReconciler(client, nodes), {
      // Whether its pods are to go depends on the others.
      watches: [
        { query: NODES, map: (change) => (changesReadiness(change) ? nodes().map(({ metadata }) => metadata) : []) },
      ],
    }),
    controller<NodeObject>(NODES, nodeHealthReconciler({ client, signs, own: nodeName, leaseOf, podsOn }), {
      watches: [
        { query: NODE_LEASES, map: ({ object }) => [{ name: object.metadata.name }] },
        { query: NODES, map: ({ type, object }) => (type === 'deleted' ? forgotten(signs, object) : []) },
      ],
    }),
    controller<Pod>(PODS, taintEvictionReconciler({ client, node: find }), {
      name: TAINT_EVICTION,
      concerns: ({ type, object }) => type !== 'deleted' && object.spec.nodeName !== undefined,
      watches: [{ query: NODES, map: itsPods }],
    }),
    controller<Pod>(
      PODS,
      podGarbageReconciler({
        client: collector,
        mostEnded: MOST_ENDED,
        ended,
        node: find,
      }),
      { name: POD_GC, client: collector, watches: [{ query: NODES, map: itsPods }] },
    ),
  ]
}

/** Whether a Node is there or not, ready or not, or has other taints: no heartbeat is a reason to look at its pods. */
function movesPods(change: Change<KubeObject>): boolean {
  const { type, object, previous } = change
  const taints = (node: KubeObject | undefined): string => JSON.stringify(node?.spec?.taints ?? [])
  return type !== 'modified' || taints(object) !== taints(previous) || changesReadiness(change)
}

const changesReadiness = ({ type, object, previous }: Change<KubeObject>): boolean =>
  isReady(object) !== isReady(previous) || (type === 'deleted' && isReady(object))

function forgotten(signs: SignsOfLife, { metadata }: KubeObject): [] {
  signs.forget(metadata.name)
  return []
}
