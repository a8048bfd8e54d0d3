import type { ReconcileContext, Reconciler } from '@slipway/controller-runtime'
import type { NodeObject } from '../../model/node.ts'
import { hasEnded, type Pod } from '../../model/pod.ts'
import { type ControllerRevision, hashOf, type RevisionHistory } from '../history/controller-revisions.ts'
import type { PodWriter } from '../pods/pod-writer.ts'
import { nextAvailability } from '../pods/pods.ts'
import { slowStart } from '../pods/slow-start.ts'
import { updateStatus } from '../status.ts'
import { type DaemonSet, daemonPod, targetOf } from './daemon-set.ts'
import { FailureBackOff } from './failure-back-off.ts'
import { type DaemonPlan, type DaemonState, isFailed, isUpdated, planPresence, podsByNode } from './plan.ts'
import { planRollingUpdate } from './rolling-update.ts'
import { daemonSetStatus } from './status.ts'

/** Pods that are made or taken away in one go (kube-controller-manager, BurstReplicas); the events of these bring the next ones. */
const BURST = 250

interface Deps {
  pods: PodWriter
  history: RevisionHistory
  nodes(): NodeObject[]
}

/** Keeps one pod of the template on each Node that is to have one; pods of older templates are replaced. */
export function daemonSetReconciler({ pods, history, nodes }: Deps): Reconciler<DaemonSet> {
  const backOff = new FailureBackOff()
  return {
    async reconcile(set, context) {
      const owned = await pods.claim(set, set.spec.selector)
      const revisions = await history.sync(set)
      const revision = hashOf(revisions.at(-1) as ControllerRevision)
      const stateOf = (all: Pod[]): DaemonState => ({
        nodes: nodes(),
        pods: podsByNode(all),
        revision,
        now: Date.now(),
      })
      const state = stateOf(owned)
      const { held, error } = set.metadata.deletionTimestamp ? { held: [] } : await step(set, state, context)
      const left = pods.ownedBy(set).filter((pod) => !(pod.metadata.deletionTimestamp && hasEnded(pod)))
      await updateStatus(set, daemonSetStatus(set, stateOf(left)), context)
      if (error !== undefined) throw error
      const inUse = new Set(revisions.filter((one) => left.some((pod) => isUpdated(pod, hashOf(one)))).map(nameOf))
      await history.truncate(set, revisions.slice(0, -1), inUse)
      const waits = [...held, nextAvailability(left, set.spec.minReadySeconds ?? 0)].filter(
        (wait) => wait !== undefined,
      )
      const recheckAfter = Math.min(...waits)
      const again = waits.length > 0 && { recheckAfter }
      return { kind: 'ready', reason: 'Synced', message: '', ...again, lookedAt: owned.length + state.nodes.length }
    },
  }

  /** Resolves to the milliseconds that pods which have failed have to wait for their replacements, and what kept it from going on. */
  async function step(
    set: DaemonSet,
    state: DaemonState,
    context: ReconcileContext<DaemonSet>,
  ): Promise<{ held: number[]; error?: unknown }> {
    const keyOf = (node: string): string => `${set.metadata.uid} ${state.revision} ${node}`
    const failed = [...state.pods].filter(([, list]) => list.some(isFailed)).map(([node]) => node)
    const waits = new Map(failed.map((node) => [node, backOff.wait(keyOf(node), state.now)]))
    const presence = planPresence(set, state, (node) => (waits.get(node) ?? 0) > 0)
    // Who is there at all comes before who is of which template.
    const isSettled = presence.create.length + presence.remove.length === 0
    const { create, remove } = isSettled ? planRollingUpdate(set, state) : presence
    for (const pod of remove.filter(isFailed)) backOff.replaced(keyOf(targetOf(pod) ?? ''), state.now)
    const error = await carryOut({ create, remove }, { set, state, context })
    return { held: [...waits.values()].filter((wait) => wait > 0), ...(error !== undefined && { error }) }
  }

  async function carryOut(
    plan: DaemonPlan,
    { set, state, context }: { set: DaemonSet; state: DaemonState; context: ReconcileContext<DaemonSet> },
  ): Promise<unknown> {
    const [create, remove] = [plan.create.slice(0, BURST), plan.remove.slice(0, BURST)]
    for (const pod of remove) tellEnd(pod, context)
    const removed = await Promise.allSettled(remove.map((pod) => pods.delete(pod, context)))
    const { error } = await slowStart(create.length, (turn) =>
      pods.create(daemonPod(set, { revision: state.revision, node: create[turn] ?? '' }), context),
    )
    return error ?? removed.find((result) => result.status === 'rejected')?.reason
  }
}

/** A pod that has ended is told of before it goes. */
function tellEnd(pod: Pod, context: ReconcileContext<DaemonSet>): void {
  const { metadata, status } = pod
  const which = `daemon pod ${metadata.namespace}/${metadata.name} on node ${targetOf(pod)}`
  if (status?.phase === 'Failed')
    context.event('Warning', 'FailedDaemonPod', `Found failed ${which}, will try to kill it`)
  if (status?.phase === 'Succeeded')
    context.event('Normal', 'SucceededDaemonPod', `Found succeeded ${which}, will try to delete it`)
}

const nameOf = ({ metadata }: ControllerRevision): string => metadata.name
