import type { ReconcileContext, Reconciler } from '@slipway/controller-runtime'
import { messageOf } from '@slipway/errors'
import { randomSuffix } from '../../canonical.ts'
import type { LabelSelector, Pod } from '../../model/pod.ts'
import type { ReplicaSet } from '../../model/workloads.ts'
import { deletionOrder } from '../pods/deletion-order.ts'
import type { PodWriter } from '../pods/pod-writer.ts'
import { isActive, nextAvailability, podFromTemplate } from '../pods/pods.ts'
import { slowStart } from '../pods/slow-start.ts'
import { updateStatus } from '../status.ts'
import { replicaSetStatus } from './status.ts'

/** Pods that are made or taken away in one go (kube-controller-manager, BurstReplicas); the events of these bring the next ones. */
const BURST = 500

/** Keeps as many pods of the template as a ReplicaSet or ReplicationController asks for. */
export function replicaSetReconciler(
  pods: PodWriter,
  selectorOf: (set: ReplicaSet) => LabelSelector | undefined,
): Reconciler<ReplicaSet> {
  return {
    async reconcile(set, context) {
      const active = (await pods.claim(set, selectorOf(set))).filter(isActive)
      const isSettled = set.metadata.deletionTimestamp !== undefined || Math.abs(wantedOf(set) - active.length) <= BURST
      const error = set.metadata.deletionTimestamp ? undefined : await resize(pods, set, active, context)
      const owned = pods.ownedBy(set)
      const current = owned.filter(isActive)
      const reason = active.length < wantedOf(set) ? 'FailedCreate' : 'FailedDelete'
      const failure = error === undefined ? undefined : { reason, message: messageOf(error) }
      await updateStatus(set, replicaSetStatus(set, current, { failure, now: Date.now() }), context)
      if (error !== undefined) throw error
      const recheckAfter = nextAvailability(current, set.spec.minReadySeconds ?? 0)
      return {
        ...{ kind: 'ready', reason: 'Synced', message: '' },
        ...(recheckAfter !== undefined && { recheckAfter }),
        // Where pods are left to be made or taken away, the next look is to come soon.
        ...(isSettled && { lookedAt: owned.length }),
      }
    },
  }
}

const wantedOf = ({ spec }: ReplicaSet): number => spec.replicas ?? 1

/** Resolves to what kept it from the size that it should have. */
async function resize(
  pods: PodWriter,
  set: ReplicaSet,
  active: Pod[],
  context: ReconcileContext<ReplicaSet>,
): Promise<unknown> {
  const missing = wantedOf(set) - active.length
  if (missing >= 0) {
    const { error } = await slowStart(Math.min(missing, BURST), () =>
      pods.create(podFromTemplate(set, set.spec.template, `${set.metadata.name}-${randomSuffix()}`), context),
    )
    return error
  }
  const results = await Promise.allSettled(
    deletionOrder(active)
      .slice(0, Math.min(-missing, BURST))
      .map((pod) => pods.delete(pod, context)),
  )
  return results.find((result) => result.status === 'rejected')?.reason
}
