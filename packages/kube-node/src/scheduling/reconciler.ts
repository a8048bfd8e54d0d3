import type { ReconcileContext, ReconcileResult, Reconciler } from '@slipway/controller-runtime'
import { isApiError, type KubeClient } from '@slipway/kube-client'
import { timestamp } from '../controllers/clock.ts'
import { disruptionTarget, takeAway } from '../controllers/pods/take-away.ts'
import { PERSISTENT_VOLUME_CLAIMS, PODS } from '../model/kinds.ts'
import type { Pod } from '../model/pod.ts'
import { type PersistentVolumeClaim, SELECTED_NODE } from '../model/storage.ts'
import type { NodeInfo } from './cluster/node-info.ts'
import { type PodInfo, podInfo } from './cluster/pod-info.ts'
import { decide, type Knowledge, type Setback } from './decision.ts'
import { eventText } from './messages.ts'
import { PREEMPTED } from './preemption/preemption.ts'
import type { Candidate } from './preemption/victims.ts'
import { Breather } from './queue/breather.ts'
import { LONGEST_PAUSE, type Setbacks } from './queue/setbacks.ts'

export const SCHEDULER = 'default-scheduler'

export interface SchedulerDeps {
  client: KubeClient
  knowledge: Knowledge
  setbacks: Setbacks
}

/** Whether a pod is this scheduler's to place. */
export function isWaiting({ spec, metadata }: Pod): boolean {
  return !spec.nodeName && !metadata.deletionTimestamp && (spec.schedulerName ?? SCHEDULER) === SCHEDULER
}

/** Binds pods to the Nodes on which they fit best. */
export function schedulerReconciler({ client, knowledge, setbacks }: SchedulerDeps): Reconciler<Pod> {
  const { cluster } = knowledge
  const breather = new Breather()
  return {
    async reconcile(pod, context) {
      await breather.breathe()
      if (!isWaiting(pod) || cluster.isBinding(pod)) return NOTHING
      if (pod.spec.schedulingGates?.length) {
        const message = 'Scheduling is blocked due to non-empty scheduling gates'
        await say(pod, { reason: 'SchedulingGated', message }, context)
        return NOTHING
      }
      const info = podInfo(pod)
      const pause = setbacks.pause(info, knowledge)
      if (pause > 0) return { ...WAITING, recheckAfter: pause }
      // From here to where it is counted again nobody else decides anything.
      cluster.forget(pod)
      const decision = decide(info, knowledge)
      if (decision.kind === 'none') return refuse(info, decision, context)
      setbacks.forget(pod)
      const { node, claims } = decision
      const isBinding = claims.length === 0
      cluster.assume(info, node, { isBinding })
      if (!isBinding) {
        for (const claim of claims) await selectNode(client, claim, node)
        return { kind: 'waiting', reason: 'Binding', message: 'volumes are being bound', recheckAfter: LONGEST_PAUSE }
      }
      if (!(await bind(pod, node))) return NOTHING
      const name = `${pod.metadata.namespace}/${pod.metadata.name}`
      context.event('Normal', 'Scheduled', `Successfully assigned ${name} to ${node.name}`)
      return { kind: 'ready', reason: 'Scheduled', message: '' }
    },
  }

  async function refuse(info: PodInfo, setback: Setback, context: ReconcileContext<Pod>): Promise<ReconcileResult> {
    const { pod } = info
    const { message, nominated } = setback
    const before = pod.status?.nominatedNodeName
    const candidate = typeof nominated === 'object' ? nominated : undefined
    const nominee = candidate?.node.name ?? (nominated === 'nowhere' ? undefined : before)
    cluster.nominate(pod, nominee)
    setbacks.note(info, setback, nominee)
    const change = nominee !== before && { nominatedNodeName: nominee ?? null }
    try {
      await say(pod, { reason: 'Unschedulable', message, ...change }, context)
      context.event('Warning', 'FailedScheduling', eventText(message))
      if (candidate) await makeRoom(info, candidate, context)
    } catch (error) {
      // What could not be said or done is tried anew.
      setbacks.forget(pod)
      throw error
    }
    return { ...WAITING, recheckAfter: LONGEST_PAUSE }
  }

  /** Lets pods go for one that is more important; when they have gone it is looked at again. Others that were to come there look again, too. */
  async function makeRoom(info: PodInfo, { node, victims }: Candidate, context: ReconcileContext<Pod>): Promise<void> {
    const lower = cluster.nominatedOn(node.name, info).filter(({ priority }) => priority < info.priority)
    for (const { pod } of lower) await withdraw(client, pod)
    for (const { pod: victim } of victims) {
      if (victim.metadata.deletionTimestamp) continue
      const why = `${SCHEDULER}: preempting to accommodate a higher priority pod`
      const condition = disruptionTarget(victim, PREEMPTED, why)
      const isTaken = await takeAway(client, victim, { manager: SCHEDULER, status: { conditions: [condition] } })
      const message = `Preempted by pod ${info.pod.metadata.uid} on node ${node.name}`
      if (isTaken) context.event('Normal', 'Preempted', message, victim)
    }
  }

  /** False when it is bound already, or gone: both are seen in the next event. */
  async function bind(pod: Pod, node: NodeInfo): Promise<boolean> {
    const { name, namespace = 'default', uid } = pod.metadata
    try {
      await client.create({
        apiVersion: 'v1',
        kind: 'Binding',
        metadata: { name, namespace, ...(uid && { uid }) },
        target: { apiVersion: 'v1', kind: 'Node', name: node.name },
      })
      return true
    } catch (error) {
      cluster.forget(pod)
      if (isApiError(error, 'KUBE_CONFLICT') || isApiError(error, 'KUBE_NOT_FOUND')) return false
      throw error
    }
  }
}

const NOTHING: ReconcileResult = { kind: 'ready', reason: 'Nothing', message: '' }
const WAITING = { kind: 'waiting', reason: 'Unschedulable', message: '' } as const

/** Tells whoever makes volumes for which Node to make this one. The claim that is bound brings the pod back here. */
async function selectNode(client: KubeClient, { metadata }: PersistentVolumeClaim, node: NodeInfo): Promise<void> {
  if (metadata.annotations?.[SELECTED_NODE] === node.name) return
  const { name, namespace } = metadata
  const ref = { ...PERSISTENT_VOLUME_CLAIMS, name, ...(namespace && { namespace }) }
  await client.patch(ref, 'merge', { metadata: { annotations: { [SELECTED_NODE]: node.name } } })
}

/** No room is being made for a pod any more. */
async function withdraw(client: KubeClient, { metadata: { name, namespace = 'default', uid } }: Pod): Promise<void> {
  const patch = { metadata: { uid }, status: { nominatedNodeName: null } }
  const how = { subresource: 'status', fieldManager: SCHEDULER } as const
  try {
    await client.patch({ ...PODS, name, namespace }, 'strategic', patch, how)
  } catch (error) {
    if (!isApiError(error, 'KUBE_NOT_FOUND') && !isApiError(error, 'KUBE_INVALID')) throw error
  }
}

/** Says in a pod's status why it is not placed. */
async function say(
  pod: Pod,
  { reason, message, ...change }: { reason: string; message: string; nominatedNodeName?: string | null },
  context: ReconcileContext<Pod>,
): Promise<void> {
  const known = pod.status?.conditions?.find(({ type }) => type === 'PodScheduled')
  if (known?.reason === reason && known.message === message && change.nominatedNodeName === undefined) return
  const { generation } = pod.metadata
  const condition = {
    ...{ type: 'PodScheduled', status: 'False', reason, message, lastProbeTime: null },
    ...(generation !== undefined && { observedGeneration: generation }),
  }
  const conditions = [{ ...condition, lastTransitionTime: timestamp() }]
  await context.patchStatus({ conditions, ...change }, 'strategic')
}
