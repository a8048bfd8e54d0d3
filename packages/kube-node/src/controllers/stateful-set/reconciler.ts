import type { ReconcileContext, Reconciler } from '@slipway/controller-runtime'
import type { Pod } from '../../model/pod.ts'
import { type ControllerRevision, type RevisionHistory, templateOf } from '../history/controller-revisions.ts'
import type { PodWriter } from '../pods/pod-writer.ts'
import { nextAvailability } from '../pods/pods.ts'
import { updateStatus } from '../status.ts'
import type { ClaimKeeper } from './claim-keeper.ts'
import { isOfCurrentRevision, statefulPod } from './identity.ts'
import { planStatefulSet } from './plan.ts'
import { isInRange, isMemberOf, ordinalOf, revisionOf, type StatefulSet } from './stateful-set.ts'
import { statefulSetStatus } from './status.ts'

interface Deps {
  pods: PodWriter
  history: RevisionHistory
  claims: ClaimKeeper
}

/** Until a claim that a pod needs is gone, and can be made anew. */
const CLAIM_RECHECK = 1_000

/** Keeps pods name-0, name-1, … in order: each waits for the ones before it, updates go from the last to the first. */
export function statefulSetReconciler({ pods, history, claims }: Deps): Reconciler<StatefulSet> {
  return {
    async reconcile(set, context) {
      const owned = await pods.claim(set, set.spec.selector, isMemberOf(set))
      const revisions = await history.sync(set)
      const update = revisions.at(-1) as ControllerRevision
      const current = revisions.find(({ metadata }) => metadata.name === set.status?.currentRevision) ?? update
      const names = { current: current.metadata.name, update: update.metadata.name }
      // What has come about is said also when the rest fails.
      const outcome = await step(set, owned, { current, update }, context).catch((error: unknown) => ({ error }))
      const left = pods.ownedBy(set).filter(isMemberOf(set))
      await updateStatus(set, statefulSetStatus(set, left, names, Date.now()), context)
      if ('error' in outcome) throw outcome.error
      const inUse = new Set([names.current, names.update, ...left.map((pod) => revisionOf(pod) ?? '')])
      await history.truncate(set, revisions, inUse)
      const recheckAfter = outcome.recheckAfter ?? nextAvailability(left, set.spec.minReadySeconds ?? 0)
      const again = recheckAfter !== undefined && { recheckAfter }
      return { kind: 'ready', reason: 'Synced', message: '', ...again, lookedAt: owned.length }
    },
  }

  async function step(
    set: StatefulSet,
    owned: Pod[],
    { current, update }: { current: ControllerRevision; update: ControllerRevision },
    context: ReconcileContext<StatefulSet>,
  ): Promise<{ recheckAfter?: number }> {
    if (set.metadata.deletionTimestamp) return {}
    const plan = planStatefulSet(set, owned, { revision: update.metadata.name, now: Date.now() })
    // A pod that waits for its node may wait for a claim that somebody deleted.
    const pending = owned.filter((pod) => pod.status?.phase === 'Pending' && isInRange(set, ordinalOf(pod)))
    const usable: boolean[] = []
    for (const pod of pending) usable.push(await claims.create(set, ordinalOf(pod), context))
    await claims.own(set, owned)
    await Promise.all(plan.remove.map((pod) => pods.delete(pod, context)))
    for (const ordinal of plan.create) {
      if (!(await claims.create(set, ordinal, context))) return { recheckAfter: CLAIM_RECHECK }
      const revision = isOfCurrentRevision(set, ordinal) ? current : update
      const made = { template: templateOf(revision), revision: revision.metadata.name }
      await pods.create(statefulPod(set, ordinal, made), context)
    }
    return usable.includes(false) ? { recheckAfter: CLAIM_RECHECK } : {}
  }
}
