import type { ReconcileContext, ReconcileResult, Reconciler } from '@slipway/controller-runtime'
import type { KubeClient } from '@slipway/kube-client'
import { REPLICA_SETS } from '../../model/kinds.ts'
import { hasEnded, type Pod } from '../../model/pod.ts'
import type { Deployment, ReplicaSet } from '../../model/workloads.ts'
import { timestamp } from '../clock.ts'
import { Claims } from '../ownership/claims.ts'
import type { FreshCache } from '../ownership/fresh-cache.ts'
import { says, updateStatus } from '../status.ts'
import { createReplicaSet, scaledWords } from './new-replica-set.ts'
import {
  byAge,
  DESIRED,
  findNewReplicaSet,
  historyAnnotation,
  MOST,
  newReplicaSet,
  outdated,
  REVISION,
  revisionAnnotations,
  revisionOf,
  sizeAnnotations,
} from './revisions.ts'
import { planRollingUpdate, type RolloutState, resolveFenceposts } from './rollout.ts'
import { planScale } from './scale.ts'
import { deploymentStatus, isComplete, untilDeadline } from './status.ts'

interface Deps {
  client: KubeClient
  replicaSets: FreshCache<ReplicaSet>
  pods: FreshCache<Pod>
}

/** One look at one Deployment. */
interface Look {
  deployment: Deployment
  context: ReconcileContext<Deployment>
  desired: number
  maxSurge: number
  maxUnavailable: number
  recreate: boolean
}

/** Its replica sets: that of the current template, and the others, oldest first. */
interface Sets {
  fresh: ReplicaSet | undefined
  old: ReplicaSet[]
  /** Whether the first was made just now. */
  isNew: boolean
}

/** Keeps the replica sets of one Deployment in step with its template and size. */
export function deploymentReconciler(deps: Deps): Reconciler<Deployment> {
  const claims = new Claims(deps.client, deps.replicaSets, REPLICA_SETS)
  return {
    async reconcile(deployment, context) {
      const look = lookAt(deployment, context)
      const owned = (await claims.claim(deployment, deployment.spec.selector)).filter(
        ({ metadata }) => !metadata.deletionTimestamp,
      )
      if (deployment.metadata.deletionTimestamp) return writeStatus(look, known(deployment, owned), false)
      const isResized = owned.some((set) => (set.spec.replicas ?? 1) > 0 && isOfOtherSize(set, look.desired))
      const isRollout = !deployment.spec.paused && !isResized
      const sets = await (isRollout ? rollOut : scale)(deps, look, owned)
      const isOver = deployment.spec.paused || (isRollout && isComplete(deployment, deployment.status))
      const after = isOver ? { ...sets, old: await removeOutdated(deps, deployment, sets.old) } : sets
      await writeRevision(deps, deployment, after.fresh)
      return writeStatus(look, after, isRollout)
    },
  }
}

function lookAt(deployment: Deployment, context: ReconcileContext<Deployment>): Look {
  const { replicas: desired = 1, strategy = {} } = deployment.spec
  const { maxSurge, maxUnavailable } = strategy.rollingUpdate ?? {}
  const recreate = strategy.type === 'Recreate'
  const fence = recreate ? { maxSurge: 0, maxUnavailable: 0 } : resolveFenceposts(desired, maxSurge, maxUnavailable)
  return { deployment, context, desired, recreate, ...fence }
}

function known(deployment: Deployment, owned: ReplicaSet[]): Sets {
  const fresh = findNewReplicaSet(deployment, owned)
  return { fresh, old: owned.filter((set) => set !== fresh).sort(byAge), isNew: false }
}

const isOfOtherSize = ({ metadata }: ReplicaSet, desired: number): boolean =>
  metadata.annotations?.[DESIRED] !== undefined && Number(metadata.annotations[DESIRED]) !== desired

/** The Deployment's own size has changed, or it is paused: its sets are resized and nothing new is rolled out. */
async function scale(deps: Deps, look: Look, owned: ReplicaSet[]): Promise<Sets> {
  const { deployment, desired, maxSurge, recreate } = look
  const sets = await markRevision(deps, deployment, known(deployment, owned))
  const scaled = (set: ReplicaSet) => ({ ...sizeOf(set), mostBefore: Number(set.metadata.annotations?.[MOST] ?? 0) })
  const fresh = sets.fresh && scaled(sets.fresh)
  const sizes = planScale({ desired, maxSurge, rolling: !recreate, fresh, old: sets.old.map(scaled) })
  return resize(deps, look, sets, sizes)
}

function rollOut(deps: Deps, look: Look, owned: ReplicaSet[]): Promise<Sets> {
  return (look.recreate ? recreate : update)(deps, look, known(look.deployment, owned))
}

async function update(deps: Deps, look: Look, before: Sets): Promise<Sets> {
  const sets = await withFresh(deps, look, before)
  const { desired, maxSurge, maxUnavailable } = look
  const state: RolloutState = {
    desired,
    maxSurge,
    maxUnavailable,
    fresh: sets.fresh ? sizeOf(sets.fresh) : { name: '', wanted: 0, available: 0 },
    old: sets.old.map(sizeOf).filter(({ wanted }) => wanted > 0),
  }
  return resize(deps, look, sets, planRollingUpdate(state))
}

/** Everything old goes first; the new one starts, and is made, when no old pod is left. */
async function recreate(deps: Deps, look: Look, before: Sets): Promise<Sets> {
  const marked = await markRevision(deps, look.deployment, before)
  const active = marked.old.filter(({ spec }) => (spec.replicas ?? 1) > 0)
  if (active.length > 0) return resize(deps, look, marked, new Map(active.map(({ metadata }) => [metadata.name, 0])))
  if (hasPods(deps, marked.old)) return marked
  const sets = await withFresh(deps, look, marked)
  const sizes = sets.fresh ? [[sets.fresh.metadata.name, look.desired] as const] : []
  return resize(deps, look, sets, new Map(sizes))
}

/** Makes the set of the current template when there is none yet. */
async function withFresh(deps: Deps, look: Look, sets: Sets): Promise<Sets> {
  const { deployment, desired, maxSurge, recreate } = look
  if (sets.fresh) return markRevision(deps, deployment, sets)
  const total = sets.old.reduce((sum, { spec }) => sum + (spec.replicas ?? 1), 0)
  const replicas = recreate ? desired : Math.max(0, Math.min(desired, desired + maxSurge - total))
  const wanted = newReplicaSet(deployment, { revision: newest(sets.old) + 1n, replicas, maxSurge })
  const { set, isNew } = await createReplicaSet(deps, look, wanted)
  return { ...sets, fresh: set, isNew }
}

/** An older template that came back is the newest revision again. */
async function markRevision(deps: Deps, deployment: Deployment, sets: Sets): Promise<Sets> {
  const { fresh, old } = sets
  if (!fresh) return sets
  const revision = revisionOf(fresh) > newest(old) ? revisionOf(fresh) : newest(old) + 1n
  const annotations = { ...revisionAnnotations(deployment, revision), ...historyAnnotation(fresh, revision) }
  const { minReadySeconds = 0 } = deployment.spec
  const isMarked = says(fresh.metadata.annotations ?? {}, annotations)
  if (isMarked && (fresh.spec.minReadySeconds ?? 0) === minReadySeconds) return sets
  return { ...sets, fresh: await patchSet(deps, fresh, { metadata: { annotations }, spec: { minReadySeconds } }) }
}

/** Gives sets their new sizes, and notes at each that runs something of which size of the Deployment that is a part. */
async function resize(
  deps: Deps,
  { context, desired, maxSurge }: Look,
  sets: Sets,
  sizes: Map<string, number>,
): Promise<Sets> {
  const annotations = sizeAnnotations(desired, maxSurge)
  const resized = async (set: ReplicaSet): Promise<ReplicaSet> => {
    const before = set.spec.replicas ?? 1
    const replicas = sizes.get(set.metadata.name) ?? before
    const isNoted = before === 0 || says(set.metadata.annotations ?? {}, annotations)
    if (replicas === before && isNoted) return set
    const after = await patchSet(deps, set, { metadata: { annotations }, spec: { replicas } })
    if (replicas !== before) {
      context.event('Normal', 'ScalingReplicaSet', scaledWords(set.metadata.name, before, replicas))
    }
    return after
  }
  const fresh = sets.fresh && (await resized(sets.fresh))
  return { ...sets, fresh, old: await Promise.all(sets.old.map(resized)) }
}

async function removeOutdated(deps: Deps, deployment: Deployment, old: ReplicaSet[]): Promise<ReplicaSet[]> {
  const gone = outdated(deployment, old)
  for (const set of gone) {
    await deps.client.delete(refOf(set))
    deps.replicaSets.deleted(set)
  }
  return old.filter((set) => !gone.includes(set))
}

async function writeRevision(deps: Deps, deployment: Deployment, fresh: ReplicaSet | undefined): Promise<void> {
  const revision = fresh?.metadata.annotations?.[REVISION]
  if (!revision || deployment.metadata.annotations?.[REVISION] === revision) return
  const { apiVersion, kind, metadata } = deployment
  const ref = { apiVersion, kind, name: metadata.name, ...(metadata.namespace && { namespace: metadata.namespace }) }
  const patch = { metadata: { annotations: { [REVISION]: revision } } }
  // With the status: an annotation that comes with the spec is another generation.
  await deps.client.patch(ref, 'merge', patch, { fieldManager: 'deployment-controller', subresource: 'status' })
}

async function writeStatus(look: Look, { fresh, old, isNew }: Sets, isRollout: boolean): Promise<ReconcileResult> {
  const { deployment, context, maxUnavailable } = look
  const all = fresh ? [fresh, ...old] : old
  const status = deploymentStatus({ deployment, fresh, all, maxUnavailable, isNew, isRollout, now: timestamp() })
  await updateStatus(deployment, { ...status }, context)
  const recheckAfter = untilDeadline(deployment, status, Date.now())
  const wait = recheckAfter !== undefined && { recheckAfter: recheckAfter + 10 }
  return { kind: 'ready', reason: 'Synced', message: '', ...wait }
}

async function patchSet(deps: Deps, set: ReplicaSet, patch: object): Promise<ReplicaSet> {
  return deps.replicaSets.wrote(
    await deps.client.patch<ReplicaSet>(refOf(set), 'merge', patch, { fieldManager: 'deployment-controller' }),
  )
}

const refOf = ({ metadata }: ReplicaSet): { apiVersion: string; kind: string; namespace: string; name: string } => ({
  apiVersion: 'apps/v1',
  kind: 'ReplicaSet',
  namespace: metadata.namespace ?? 'default',
  name: metadata.name,
})

const sizeOf = ({ metadata, spec, status }: ReplicaSet): RolloutState['fresh'] => ({
  name: metadata.name,
  wanted: spec.replicas ?? 1,
  available: status?.availableReplicas ?? 0,
})

const newest = (sets: ReplicaSet[]): bigint => sets.map(revisionOf).reduce((a, b) => (a > b ? a : b), 0n)

/** Whether something of these sets still runs, also pods that are being deleted: Recreate waits for the last one (oldPodsRunning). */
function hasPods({ pods }: Deps, old: ReplicaSet[]): boolean {
  return old.some((set) => (set.status?.replicas ?? 0) > 0 || pods.ownedBy(set).some((pod) => !hasEnded(pod)))
}
