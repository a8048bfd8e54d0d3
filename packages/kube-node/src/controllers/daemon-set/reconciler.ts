import type { ReconcileContext, Reconciler } from '@slipway/controller-runtime'
import type { NodeObject } from '../../model/node.ts'
import { hasEnded, type Pod } from '../../model/pod.ts'
import { type ControllerRevision, hashOf, type RevisionHistory } from '../history/controller-revisions.ts'
import type { PodWriter } from '../pods/pod-writer.ts'
import { isReady, nextAvailability, untilAvailable } from '../pods/pods.ts'
import { updateStatus } from '../status.ts'
import { type DaemonSet, daemonPod, REVISION_LABEL } from './daemon-set.ts'
import { FailureBackOff } from './failure-back-off.ts'
import { isFailed, isWanted, planDaemonSet } from './plan.ts'

interface Deps {
  pods: PodWriter
  history: RevisionHistory
  node(): NodeObject | undefined
}

/** Keeps one pod of the template on the node; a pod of an older template is replaced. */
export function daemonSetReconciler({ pods, history, node: find }: Deps): Reconciler<DaemonSet> {
  const backOff = new FailureBackOff()
  return {
    async reconcile(set, context) {
      const owned = await pods.claim(set, set.spec.selector)
      const revisions = await history.sync(set)
      const revision = hashOf(revisions.at(-1) as ControllerRevision)
      const node = find()
      const held = node && !set.metadata.deletionTimestamp ? await step(set, owned, { node, revision }, context) : 0
      const left = pods.ownedBy(set).filter((pod) => !(pod.metadata.deletionTimestamp && hasEnded(pod)))
      const wanted = node !== undefined && isWanted(set, node).run
      await updateStatus(set, daemonSetStatus(set, left, { wanted, revision }), context)
      const inUse = new Set(revisions.filter((one) => left.some((pod) => isOf(pod, one))).map(nameOf))
      await history.truncate(set, revisions.slice(0, -1), inUse)
      const recheckAfter = held || nextAvailability(left, set.spec.minReadySeconds ?? 0)
      return { kind: 'ready', reason: 'Synced', message: '', ...(recheckAfter !== undefined && { recheckAfter }) }
    },
  }

  /** Resolves to the milliseconds that a pod which has failed has to wait for its replacement. */
  async function step(
    set: DaemonSet,
    owned: Pod[],
    { node, revision }: { node: NodeObject; revision: string },
    context: ReconcileContext<DaemonSet>,
  ): Promise<number> {
    const { uid = '' } = set.metadata
    const now = Date.now()
    const wait = owned.some(isFailed) ? backOff.wait(uid, now) : 0
    const plan = planDaemonSet(set, owned, { node, revision, now, holdsFailed: wait > 0 })
    if (plan.remove.some(isFailed)) backOff.replaced(uid, now)
    for (const pod of plan.remove) tellEnd(pod, node, context)
    await Promise.all(plan.remove.map((pod) => pods.delete(pod, context)))
    if (plan.create) await pods.create(daemonPod(set, { revision, node: node.metadata.name }), context)
    return wait
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

/** The oldest pod stands for the node (updateDaemonSetStatus). */
function daemonSetStatus(
  set: DaemonSet,
  pods: Pod[],
  { wanted, revision }: { wanted: boolean; revision: string },
): Record<string, unknown> {
  const { minReadySeconds = 0 } = set.spec
  const [oldest] = pods.toSorted((a, b) => (ageOf(a) < ageOf(b) ? -1 : 1))
  const count = (test: (pod: Pod) => boolean): number => (wanted && oldest && test(oldest) ? 1 : 0)
  const available = count((pod) => untilAvailable(pod, minReadySeconds, Date.now()) === 0)
  const desired = wanted ? 1 : 0
  return {
    currentNumberScheduled: count(() => true),
    desiredNumberScheduled: desired,
    numberMisscheduled: !wanted && oldest ? 1 : 0,
    numberReady: count(isReady),
    numberAvailable: available,
    numberUnavailable: desired - available,
    updatedNumberScheduled: count(({ metadata }) => metadata.labels?.[REVISION_LABEL] === revision),
    ...(set.metadata.generation !== undefined && { observedGeneration: set.metadata.generation }),
  }
}

const ageOf = ({ metadata }: Pod): string => metadata.creationTimestamp ?? ''
