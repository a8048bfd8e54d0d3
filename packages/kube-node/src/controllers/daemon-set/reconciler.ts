import type { ReconcileContext, Reconciler } from '@slipway/controller-runtime'
import type { NodeObject } from '../../model/node.ts'
import type { Pod } from '../../model/pod.ts'
import { type ControllerRevision, hashOf, type RevisionHistory } from '../history/controller-revisions.ts'
import type { PodWriter } from '../pods/pod-writer.ts'
import { isActive, isReady, nextAvailability, untilAvailable } from '../pods/pods.ts'
import { updateStatus } from '../status.ts'
import { type DaemonSet, daemonPod, REVISION_LABEL } from './daemon-set.ts'
import { isWanted, planDaemonSet } from './plan.ts'

interface Deps {
  pods: PodWriter
  history: RevisionHistory
  node(): NodeObject | undefined
}

/** Keeps one pod of the template on the node; a pod of an older template is replaced. */
export function daemonSetReconciler({ pods, history, node: find }: Deps): Reconciler<DaemonSet> {
  return {
    async reconcile(set, context) {
      const owned = await pods.claim(set, set.spec.selector)
      const revisions = await history.sync(set)
      const revision = hashOf(revisions.at(-1) as ControllerRevision)
      const node = find()
      if (node && !set.metadata.deletionTimestamp) {
        const plan = planDaemonSet(set, owned, { node, revision, now: Date.now() })
        for (const pod of plan.remove) tellEnd(pod, node, context)
        await Promise.all(plan.remove.map((pod) => pods.delete(pod, context)))
        if (plan.create) await pods.create(daemonPod(set, { revision, node: node.metadata.name }), context)
      }
      const current = pods.ownedBy(set).filter(isActive)
      const wanted = node && isWanted(set, node).run ? 1 : 0
      await updateStatus(set, daemonSetStatus(set, current, { wanted, revision }), context)
      const inUse = new Set(revisions.filter((one) => current.some((pod) => isOf(pod, one))).map(nameOf))
      await history.truncate(set, revisions.slice(0, -1), inUse)
      const recheckAfter = nextAvailability(current, set.spec.minReadySeconds ?? 0)
      return { kind: 'ready', reason: 'Synced', message: '', ...(recheckAfter !== undefined && { recheckAfter }) }
    },
  }
}

/** A pod that has ended is told of before it goes. */
function tellEnd({ metadata, status }: Pod, node: NodeObject, context: ReconcileContext<DaemonSet>): void {
  const pod = `daemon pod ${metadata.namespace}/${metadata.name} on node ${node.metadata.name}`
  if (status?.phase === 'Failed')
    context.event('Warning', 'FailedDaemonPod', `Found failed ${pod}, will try to kill it`)
  if (status?.phase === 'Succeeded')
    context.event('Normal', 'SucceededDaemonPod', `Found succeeded ${pod}, will try to delete it`)
}

const nameOf = ({ metadata }: ControllerRevision): string => metadata.name

const isOf = ({ metadata }: Pod, revision: ControllerRevision): boolean =>
  metadata.labels?.[REVISION_LABEL] === hashOf(revision)

function daemonSetStatus(
  set: DaemonSet,
  active: Pod[],
  { wanted, revision }: { wanted: number; revision: string },
): Record<string, unknown> {
  const { minReadySeconds = 0 } = set.spec
  const available = active.filter((pod) => untilAvailable(pod, minReadySeconds, Date.now()) === 0).length
  const count = (pods: Pod[]): number => Math.min(wanted, pods.length)
  return {
    currentNumberScheduled: count(active),
    desiredNumberScheduled: wanted,
    numberMisscheduled: wanted === 0 ? active.length : 0,
    numberReady: count(active.filter(isReady)),
    numberAvailable: Math.min(wanted, available),
    numberUnavailable: Math.max(0, wanted - available),
    updatedNumberScheduled: count(active.filter(({ metadata }) => metadata.labels?.[REVISION_LABEL] === revision)),
    ...(set.metadata.generation !== undefined && { observedGeneration: set.metadata.generation }),
  }
}
