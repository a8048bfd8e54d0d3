import type { ReconcileContext, ReconcileResult, Reconciler } from '@slipway/controller-runtime'
import { isApiError, type KubeClient } from '@slipway/kube-client'
import { timestamp } from '../controllers/clock.ts'
import { disruptionTarget, takeAway } from '../controllers/pods/take-away.ts'
import { PERSISTENT_VOLUME_CLAIMS } from '../model/kinds.ts'
import type { NodeObject } from '../model/node.ts'
import type { Pod } from '../model/pod.ts'
import { type PersistentVolumeClaim, SELECTED_NODE } from '../model/storage.ts'
import type { Budget } from './budgets.ts'
import { claimOutlook, isToldOf, type StorageView } from './claims.ts'
import { type Misfit, misfits } from './fit.ts'
import type { Occupancy } from './occupancy.ts'
import type { NamespaceLabels } from './pod-affinity.ts'
import { onNode, PREEMPTED, type Preemption, planPreemption } from './preemption.ts'

export const SCHEDULER = 'default-scheduler'

export interface SchedulerDeps {
  client: KubeClient
  nodeName: string
  node(): NodeObject | undefined
  occupancy: Occupancy
  namespaceLabels: NamespaceLabels
  storage: StorageView
  budgets(): Budget[]
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
        const { message, victims = [] } = place
        const nominated = victims.length > 0 && { nominatedNodeName: deps.nodeName }
        await condemn(pod, { reason: 'Unschedulable', message, ...nominated }, context)
        context.event('Warning', 'FailedScheduling', message)
        for (const victim of victims) await preempt(deps, victim, pod, context)
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

const NOT_HELPFUL = 'Preemption is not helpful for scheduling'

const NOTHING: ReconcileResult = { kind: 'ready', reason: 'Nothing', message: '' }

/** The node, the node once its volumes are there, or nowhere, as long as these pods stay. */
type Place =
  | { kind: 'node' }
  | { kind: 'unprepared'; claims: PersistentVolumeClaim[] }
  | { kind: 'none'; message: string; victims?: Pod[] }

function placeOf({ node: find, occupancy, namespaceLabels, storage, budgets }: SchedulerDeps, pod: Pod): Place {
  const node = find()
  if (!node) return { kind: 'none', message: 'no nodes available to schedule pods' }
  const others = [...occupancy.list(), ...occupancy.nominatedBefore(pod)]
  const claims = claimOutlook(pod, node, others, storage)
  if (claims.kind === 'blocked') return nowhere(`0/1 nodes are available: ${claims.reason}.`, onNode([NOT_HELPFUL]))
  const misfitsBeside = (beside: Pod[]): Misfit[] => {
    const found = misfits(pod, { node, others: beside, namespaceLabels })
    const outlook = claimOutlook(pod, node, beside, storage)
    return found.length === 0 && outlook.kind === 'misfit' ? [outlook] : found
  }
  const found = misfitsBeside(others)
  if (found.length > 0) {
    const { why } = onNode(found.map(({ reason }) => reason))
    return nowhere(why, planPreemption(pod, others, misfitsBeside, budgets()))
  }
  return claims.kind === 'waiting' ? { kind: 'unprepared', claims: claims.claims } : { kind: 'node' }
}

/** With what the scheduler's plug-ins for claims of devices and for preemption add, in this order. */
function nowhere(why: string, preemption: Preemption): Place {
  if ('victims' in preemption) return { kind: 'none', message: why, victims: preemption.victims }
  return { kind: 'none', message: `${why} no new claims to deallocate, preemption: ${preemption.why}` }
}

/** Lets a pod go for one that is more important; when it has gone the other is looked at again. */
async function preempt(
  { client, nodeName }: SchedulerDeps,
  victim: Pod,
  { metadata: { uid: winner } }: Pod,
  context: ReconcileContext<Pod>,
): Promise<void> {
  if (victim.metadata.deletionTimestamp) return
  const condition = disruptionTarget(victim, PREEMPTED, `${SCHEDULER}: preempting to accommodate a higher priority pod`)
  const isTaken = await takeAway(client, victim, { manager: SCHEDULER, status: { conditions: [condition] } })
  if (!isTaken) return
  context.event('Normal', 'Preempted', `Preempted by pod ${winner} on node ${nodeName}`, victim)
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
  { reason, message, ...nominated }: { reason: string; message: string; nominatedNodeName?: string },
  context: ReconcileContext<Pod>,
): Promise<void> {
  const known = pod.status?.conditions?.find(({ type }) => type === 'PodScheduled')
  if (known?.reason === reason && known.message === message && !nominated.nominatedNodeName) return
  const { generation } = pod.metadata
  const condition = {
    ...{ type: 'PodScheduled', status: 'False', reason, message, lastProbeTime: null },
    ...(generation !== undefined && { observedGeneration: generation }),
  }
  const conditions = [{ ...condition, lastTransitionTime: timestamp() }]
  await context.patchStatus({ conditions, ...nominated }, 'strategic')
}
