import type { ReconcileContext, ReconcileResult, Reconciler } from '@slipway/controller-runtime'
import { isApiError, type KubeClient } from '@slipway/kube-client'
import { timestamp } from '../controllers/clock.ts'
import { PERSISTENT_VOLUME_CLAIMS } from '../model/kinds.ts'
import type { NodeObject } from '../model/node.ts'
import type { Pod } from '../model/pod.ts'
import { type PersistentVolumeClaim, SELECTED_NODE } from '../model/storage.ts'
import { claimOutlook, isToldOf, type StorageView } from './claims.ts'
import { misfits } from './fit.ts'
import type { Occupancy } from './occupancy.ts'
import type { NamespaceLabels } from './pod-affinity.ts'

export const SCHEDULER = 'default-scheduler'

export interface SchedulerDeps {
  client: KubeClient
  nodeName: string
  node(): NodeObject | undefined
  occupancy: Occupancy
  namespaceLabels: NamespaceLabels
  storage: StorageView
}

/** Whether a pod is this scheduler's to place. */
export function isWaiting({ spec, metadata }: Pod): boolean {
  return !spec.nodeName && !metadata.deletionTimestamp && (spec.schedulerName ?? SCHEDULER) === SCHEDULER
}

/** Binds pods to the one node there is, where they fit on it. */
export function schedulerReconciler(deps: SchedulerDeps): Reconciler<Pod> {
  return {
    async reconcile(pod, context) {
      if (!isWaiting(pod) || deps.occupancy.isAssumed(pod)) return NOTHING
      if (pod.spec.schedulingGates?.length) {
        const message = 'Scheduling is blocked due to non-empty scheduling gates'
        await condemn(pod, { reason: 'SchedulingGated', message }, context)
        return NOTHING
      }
      const place = placeOf(deps, pod)
      if (place.kind === 'none') {
        const { message } = place
        await condemn(pod, { reason: 'Unschedulable', message }, context)
        context.event('Warning', 'FailedScheduling', message)
        return { kind: 'waiting', reason: 'Unschedulable', message }
      }
      if (place.kind === 'unprepared') {
        for (const claim of place.claims) await selectNode(deps, claim)
        return { kind: 'waiting', reason: 'Binding', message: 'volumes are being bound' }
      }
      if (!(await bind(deps, pod))) return NOTHING
      const name = `${pod.metadata.namespace}/${pod.metadata.name}`
      context.event('Normal', 'Scheduled', `Successfully assigned ${name} to ${deps.nodeName}`)
      return { kind: 'ready', reason: 'Scheduled', message: '' }
    },
  }
}

const NOTHING: ReconcileResult = { kind: 'ready', reason: 'Nothing', message: '' }

/** The node, the node once its volumes are there, or nowhere. */
type Place =
  | { kind: 'node' }
  | { kind: 'unprepared'; claims: PersistentVolumeClaim[] }
  | { kind: 'none'; message: string }

function placeOf({ node: find, occupancy, namespaceLabels, storage }: SchedulerDeps, pod: Pod): Place {
  const node = find()
  if (!node) return { kind: 'none', message: 'no nodes available to schedule pods' }
  const others = occupancy.list()
  const claims = claimOutlook(pod, node, others, storage)
  if (claims.kind === 'blocked') return nowhere(claims.reason)
  const reasons = misfits(pod, { node, others, namespaceLabels })
  if (reasons.length > 0)
    return nowhere(
      reasons
        .map((reason) => `1 ${reason}`)
        .sort()
        .join(', '),
    )
  if (claims.kind === 'misfit') return nowhere(`1 ${claims.reason}`)
  return claims.kind === 'waiting' ? { kind: 'unprepared', claims: claims.claims } : { kind: 'node' }
}

function nowhere(reasons: string): Place {
  // What the scheduler's plug-ins for claims of devices and for preemption add, in this order.
  const more =
    'no new claims to deallocate, preemption: 0/1 nodes are available: 1 Preemption is not helpful for scheduling.'
  return { kind: 'none', message: `0/1 nodes are available: ${reasons}. ${more}` }
}

/** Tells whoever makes volumes for which node to make this one. The claim that is bound brings the pod back here. */
async function selectNode({ client, nodeName }: SchedulerDeps, claim: PersistentVolumeClaim): Promise<void> {
  if (isToldOf(claim, nodeName)) return
  const { name, namespace } = claim.metadata
  const ref = { ...PERSISTENT_VOLUME_CLAIMS, name, ...(namespace && { namespace }) }
  await client.patch(ref, 'merge', { metadata: { annotations: { [SELECTED_NODE]: nodeName } } })
}

/** False when it is bound already, or gone: both are seen in the next event. */
async function bind({ client, nodeName, occupancy }: SchedulerDeps, pod: Pod): Promise<boolean> {
  const { name, namespace = 'default', uid } = pod.metadata
  // The next pod has to know that this one takes room.
  occupancy.assume(pod)
  try {
    await client.create({
      apiVersion: 'v1',
      kind: 'Binding',
      metadata: { name, namespace, ...(uid && { uid }) },
      target: { apiVersion: 'v1', kind: 'Node', name: nodeName },
    })
    return true
  } catch (error) {
    occupancy.forget(pod)
    if (isApiError(error, 'KUBE_CONFLICT') || isApiError(error, 'KUBE_NOT_FOUND')) return false
    throw error
  }
}

async function condemn(
  pod: Pod,
  { reason, message }: { reason: string; message: string },
  context: ReconcileContext<Pod>,
): Promise<void> {
  const known = pod.status?.conditions?.find(({ type }) => type === 'PodScheduled')
  if (known?.reason === reason && known.message === message) return
  const condition = { type: 'PodScheduled', status: 'False', reason, message, lastProbeTime: null }
  await context.patchStatus({ conditions: [{ ...condition, lastTransitionTime: timestamp() }] }, 'strategic')
}
