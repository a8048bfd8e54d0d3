import type { ReconcileContext, ReconcileResult, Reconciler } from '@slipway/controller-runtime'
import { isApiError, type KubeClient } from '@slipway/kube-client'
import { canonicalJson } from '../../canonical.ts'
import type { Pod } from '../../model/pod.ts'
import type { Deployment, ReplicaSet } from '../../model/workloads.ts'
import { timestamp } from '../clock.ts'
import type { FreshCache } from '../fresh-cache.ts'
import {
  byAge,
  findNewReplicaSet,
  newReplicaSet,
  outdated,
  REVISION,
  replicaSetAnnotations,
  revisionOf,
} from './revisions.ts'
import { planRecreate, planRollingUpdate, type RolloutState, resolveFenceposts } from './rollout.ts'
import { deploymentStatus, untilDeadline } from './status.ts'

interface Deps {
  client: KubeClient
  replicaSets: FreshCache<ReplicaSet>
  pods: FreshCache<Pod>
}

type Fence = { maxSurge: number; maxUnavailable: number }
interface Observed {
  fresh: ReplicaSet | undefined
  old: ReplicaSet[]
  origin: 'created' | 'found' | 'known'
}

/** Keeps the replica sets of one Deployment in step with its template and size. */
export function deploymentReconciler(deps: Deps): Reconciler<Deployment> {
  return {
    async reconcile(deployment, context) {
      const desired = deployment.spec.replicas ?? 1
      const { rollingUpdate } = deployment.spec.strategy ?? {}
      const fence = resolveFenceposts(desired, rollingUpdate?.maxSurge, rollingUpdate?.maxUnavailable)
      const sets = await observe(deps, deployment, fence, context)
      const after = await rollOut(deps, deployment, sets, { fence, context })
      await writeRevision(deps, deployment, after.fresh)
      return writeStatus(deployment, { sets: after, fence, context })
    },
  }
}

async function observe(
  deps: Deps,
  deployment: Deployment,
  fence: Fence,
  context: ReconcileContext<Deployment>,
): Promise<Observed> {
  const owned = deps.replicaSets.ownedBy(deployment).filter((set) => !set.metadata.deletionTimestamp)
  const found = findNewReplicaSet(deployment, owned)
  const old = owned.filter((set) => set !== found).sort(byAge)
  const newest = Math.max(0, ...old.map(revisionOf))
  const maxSurge = isRecreate(deployment) ? 0 : fence.maxSurge
  if (found) {
    const revision = Math.max(revisionOf(found), newest + (revisionOf(found) > newest ? 0 : 1))
    const annotations = replicaSetAnnotations(deployment, revision, maxSurge)
    if (
      canonicalJson({ ...found.metadata.annotations, ...annotations }) === canonicalJson(found.metadata.annotations)
    ) {
      return { fresh: found, old, origin: 'known' }
    }
    const origin = revision === revisionOf(found) ? 'known' : 'found'
    return { fresh: await patchSet(deps, found, { metadata: { annotations } }), old, origin }
  }
  if (deployment.spec.paused) return { fresh: undefined, old, origin: 'known' }
  const total = old.reduce((sum, set) => sum + (set.spec.replicas ?? 1), 0)
  const desired = deployment.spec.replicas ?? 1
  const replicas = isRecreate(deployment)
    ? total === 0 && oldPods(deps, old) === 0
      ? desired
      : 0
    : Math.max(0, Math.min(desired, desired + fence.maxSurge - total))
  const fresh = await createSet(
    deps,
    deployment,
    newReplicaSet(deployment, { revision: newest + 1, replicas, maxSurge }),
    context,
  )
  return { fresh, old, origin: 'created' }
}

async function createSet(
  deps: Deps,
  deployment: Deployment,
  set: ReplicaSet,
  context: ReconcileContext<Deployment>,
): Promise<ReplicaSet> {
  try {
    const created = deps.replicaSets.wrote(await deps.client.create(set))
    context.event('Normal', 'ScalingReplicaSet', scaled('up', set.metadata.name, 0, set.spec.replicas ?? 1))
    return created
  } catch (error) {
    if (!isApiError(error, 'KUBE_ALREADY_EXISTS')) throw error
    // Another template has the same hash: the count goes into the next hash.
    await context.patchStatus({ collisionCount: (deployment.status?.collisionCount ?? 0) + 1 })
    throw error
  }
}

async function rollOut(
  deps: Deps,
  deployment: Deployment,
  sets: Observed,
  { fence, context }: { fence: Fence; context: ReconcileContext<Deployment> },
): Promise<Observed> {
  if (deployment.metadata.deletionTimestamp) return sets
  const { fresh, old } = sets
  const scaledSets = new Map<ReplicaSet, ReplicaSet>()
  const state: RolloutState = {
    desired: deployment.spec.replicas ?? 1,
    ...fence,
    fresh: fresh ? replicas(fresh) : { name: '', wanted: 0, available: 0 },
    old: old.map(replicas).filter(({ wanted }) => wanted > 0),
  }
  for (const [name, size] of plan(deps, deployment, state, old)) {
    const set = [fresh, ...old].find((candidate) => candidate?.metadata.name === name)
    if (!set) continue
    const before = set.spec.replicas ?? 1
    scaledSets.set(set, await patchSet(deps, set, { spec: { replicas: size } }))
    context.event('Normal', 'ScalingReplicaSet', scaled(size > before ? 'up' : 'down', name, before, size))
  }
  if (fresh) for (const set of outdated(deployment, old)) await removeSet(deps, set)
  const newest = (set: ReplicaSet): ReplicaSet => scaledSets.get(set) ?? set
  return { ...sets, fresh: fresh && newest(fresh), old: old.map(newest) }
}

function plan(deps: Deps, deployment: Deployment, state: RolloutState, old: ReplicaSet[]): Map<string, number> {
  // A paused deployment follows its size but starts no rollout.
  if (deployment.spec.paused) {
    return state.old.length === 0 && state.fresh.name && state.fresh.wanted !== state.desired
      ? new Map([[state.fresh.name, state.desired]])
      : new Map()
  }
  return isRecreate(deployment) ? planRecreate(state, oldPods(deps, old)) : planRollingUpdate(state)
}

async function writeRevision(deps: Deps, deployment: Deployment, fresh: ReplicaSet | undefined): Promise<void> {
  const revision = fresh?.metadata.annotations?.[REVISION]
  if (!revision || deployment.metadata.annotations?.[REVISION] === revision) return
  const { apiVersion, kind, metadata } = deployment
  const ref = { apiVersion, kind, name: metadata.name, ...(metadata.namespace && { namespace: metadata.namespace }) }
  await deps.client.patch(
    ref,
    'merge',
    { metadata: { annotations: { [REVISION]: revision } } },
    { fieldManager: 'deployment-controller' },
  )
}

async function writeStatus(
  deployment: Deployment,
  { sets, fence, context }: { sets: Observed; fence: Fence; context: ReconcileContext<Deployment> },
): Promise<ReconcileResult> {
  const { fresh, old, origin } = sets
  const status = deploymentStatus({
    deployment,
    fresh,
    all: fresh ? [fresh, ...old] : old,
    maxUnavailable: isRecreate(deployment) ? 0 : fence.maxUnavailable,
    origin,
    now: timestamp(),
  })
  if (canonicalJson(status) !== canonicalJson(deployment.status)) await context.patchStatus({ ...status })
  const recheckAfter = untilDeadline(deployment, status, Date.now())
  return {
    kind: 'ready',
    reason: 'Synced',
    message: '',
    ...(recheckAfter !== undefined && { recheckAfter: recheckAfter + 10 }),
  }
}

async function patchSet(deps: Deps, set: ReplicaSet, patch: object): Promise<ReplicaSet> {
  return deps.replicaSets.wrote(
    await deps.client.patch<ReplicaSet>(refOf(set), 'merge', patch, { fieldManager: 'deployment-controller' }),
  )
}

async function removeSet(deps: Deps, set: ReplicaSet): Promise<void> {
  await deps.client.delete(refOf(set))
  deps.replicaSets.deleted(set)
}

const refOf = ({ metadata }: ReplicaSet): { apiVersion: string; kind: string; namespace: string; name: string } => ({
  apiVersion: 'apps/v1',
  kind: 'ReplicaSet',
  namespace: metadata.namespace ?? 'default',
  name: metadata.name,
})

const replicas = (set: ReplicaSet): RolloutState['fresh'] => ({
  name: set.metadata.name,
  wanted: set.spec.replicas ?? 1,
  available: set.status?.availableReplicas ?? 0,
})

/** Pods that still run something, also those being deleted: Recreate waits for the last one. */
function oldPods(deps: Deps, old: ReplicaSet[]): number {
  const count = (set: ReplicaSet): number =>
    deps.pods.ownedBy(set).filter(({ status }) => status?.phase !== 'Succeeded' && status?.phase !== 'Failed').length
  return old.reduce((sum, set) => sum + count(set), 0)
}

const isRecreate = (deployment: Deployment): boolean => deployment.spec.strategy?.type === 'Recreate'

const scaled = (way: 'up' | 'down', name: string, from: number, to: number): string =>
  from === 0 ? `Scaled ${way} replica set ${name} to ${to}` : `Scaled ${way} replica set ${name} from ${from} to ${to}`
