import type { ReconcileContext, Reconciler } from '@slipway/controller-runtime'
import type { Pod } from '../../model/pod.ts'
import { type ControllerRevision, type RevisionHistory, templateOf } from '../history/controller-revisions.ts'
import type { PodWriter } from '../pods/pod-writer.ts'
import { nextAvailability } from '../pods/pods.ts'
import { updateStatus } from '../status.ts'
import type { ClaimKeeper } from './claim-keeper.ts'
import { isOfCurrentRevision, statefulPod } from './identity.ts'
import { planStatefulSet } from './plan.ts'
import { revisionOf, type StatefulSet } from './stateful-set.ts'
import { statefulSetStatus } from './status.ts'

interface Deps {
  pods: PodWriter
  history: RevisionHistory
  claims: ClaimKeeper
}

/** Keeps pods name-0, name-1, … in order: each waits for the ones before it, updates go from the last to the first. */
export function statefulSetReconciler({ pods, history, claims }: Deps): Reconciler<StatefulSet> {
  return {
    async reconcile(set, context) {
      const owned = (await pods.claim(set, set.spec.selector)).filter(isNamedAfter(set))
      const revisions = await history.sync(set)
      const update = revisions.at(-1) as ControllerRevision
      const current = revisions.find(({ metadata }) => metadata.name === set.status?.currentRevision) ?? update
      if (!set.metadata.deletionTimestamp) await step(set, owned, { current, update }, context)
      const left = pods.ownedBy(set).filter(isNamedAfter(set))
      const names = { current: current.metadata.name, update: update.metadata.name }
      await updateStatus(set, statefulSetStatus(set, left, names, Date.now()), context)
      const inUse = new Set([names.current, names.update, ...left.map((pod) => revisionOf(pod) ?? '')])
      await history.truncate(set, revisions, inUse)
      const recheckAfter = nextAvailability(left, set.spec.minReadySeconds ?? 0)
      return { kind: 'ready', reason: 'Synced', message: '', ...(recheckAfter !== undefined && { recheckAfter }) }
    },
  }

  async function step(
    set: StatefulSet,
    owned: Pod[],
    { current, update }: { current: ControllerRevision; update: ControllerRevision },
    context: ReconcileContext<StatefulSet>,
  ): Promise<void> {
    const plan = planStatefulSet(set, owned, { revision: update.metadata.name, now: Date.now() })
    await claims.own(set, owned)
    await Promise.all(plan.remove.map((pod) => pods.delete(pod, context)))
    for (const ordinal of plan.create) {
      const revision = isOfCurrentRevision(set, ordinal) ? current : update
      await claims.create(set, ordinal, context)
      const made = { template: templateOf(revision), revision: revision.metadata.name }
      await pods.create(statefulPod(set, ordinal, made), context)
    }
  }
}

/** A set takes over only pods that could be its own by their name. */
const isNamedAfter =
  ({ metadata }: StatefulSet) =>
  (pod: Pod): boolean =>
    pod.metadata.name.startsWith(`${metadata.name}-`)
