import type { Deployment, DeploymentCondition, DeploymentStatus, ReplicaSet } from '../../model/workloads.ts'

export interface StatusInput {
  deployment: Deployment
  fresh: ReplicaSet | undefined
  all: ReplicaSet[]
  maxUnavailable: number
  /** Whether the new replica set was made just now (`created`), found among the old ones, or was there. */
  origin: 'created' | 'found' | 'known'
  now: string
}

/** status of a Deployment as `kubectl rollout status` reads it (kube-controller-manager, deployment/sync.go and progress.go). */
export function deploymentStatus(input: StatusInput): DeploymentStatus {
  const { deployment, fresh, all, now } = input
  const before = deployment.status ?? {}
  const replicas = total(all, 'replicas')
  const available = total(all, 'availableReplicas')
  const status: DeploymentStatus = {
    ...(deployment.metadata.generation !== undefined && { observedGeneration: deployment.metadata.generation }),
    replicas,
    updatedReplicas: fresh?.status?.replicas ?? 0,
    readyReplicas: total(all, 'readyReplicas'),
    availableReplicas: available,
    unavailableReplicas: Math.max(0, Math.max(replicas, total(all, 'wanted')) - available),
    ...(before.collisionCount !== undefined && { collisionCount: before.collisionCount }),
  }
  const enough = available >= (deployment.spec.replicas ?? 1) - input.maxUnavailable
  const conditions = [
    update(
      before.conditions,
      {
        type: 'Available',
        status: enough ? 'True' : 'False',
        reason: enough ? 'MinimumReplicasAvailable' : 'MinimumReplicasUnavailable',
        message: enough ? 'Deployment has minimum availability.' : 'Deployment does not have minimum availability.',
      },
      now,
    ),
  ]
  const progressing = progress(input, status)
  if (progressing) conditions.push(update(before.conditions, progressing, now, madeProgress(before, status)))
  const failure = replicaFailure(input)
  if (failure) conditions.push(update(before.conditions, failure, now))
  return { ...status, conditions }
}

/** Milliseconds until the progress deadline passes; undefined when nothing is awaited. */
export function untilDeadline(deployment: Deployment, status: DeploymentStatus, now: number): number | undefined {
  const seconds = deployment.spec.progressDeadlineSeconds
  const condition = status.conditions?.find(({ type }) => type === 'Progressing')
  if (seconds === undefined || seconds >= 2147483647 || !condition || condition.status !== 'True') return undefined
  if (condition.reason === 'NewReplicaSetAvailable' || deployment.spec.paused) return undefined
  return Math.max(0, Date.parse(condition.lastUpdateTime) + seconds * 1000 - now)
}

type Update = Pick<DeploymentCondition, 'type' | 'status' | 'reason' | 'message'>

/** Why pods can't be created, as the replica sets say it; the new one first. */
function replicaFailure({ fresh, all }: StatusInput): Update | undefined {
  const conditions = [...(fresh ? [fresh] : []), ...all].flatMap(({ status }) => status?.conditions ?? [])
  const failure = conditions.find(({ type }) => type === 'ReplicaFailure')
  return failure && { type: failure.type, status: failure.status, reason: failure.reason, message: failure.message }
}

function progress(input: StatusInput, status: DeploymentStatus): Update | undefined {
  const { deployment, fresh, origin } = input
  const current = deployment.status?.conditions?.find(({ type }) => type === 'Progressing')
  if (deployment.spec.paused) {
    return { type: 'Progressing', status: 'Unknown', reason: 'DeploymentPaused', message: 'Deployment is paused' }
  }
  if (!fresh) return current
  if (deployment.spec.progressDeadlineSeconds === undefined) return undefined
  const named = (reason: string, message: string, state: 'True' | 'False' = 'True'): Update => ({
    type: 'Progressing',
    status: state,
    reason,
    message,
  })
  const { name } = fresh.metadata
  const desired = deployment.spec.replicas ?? 1
  const complete =
    status.updatedReplicas === desired && status.replicas === desired && status.availableReplicas === desired
  if (complete) return named('NewReplicaSetAvailable', `ReplicaSet "${name}" has successfully progressed.`)
  if (origin === 'created') return named('NewReplicaSetCreated', `Created new replica set "${name}"`)
  if (origin === 'found') return named('FoundNewReplicaSet', `Found new replica set "${name}"`)
  if (madeProgress(deployment.status ?? {}, status)) {
    return named('ReplicaSetUpdated', `ReplicaSet "${name}" is progressing.`)
  }
  // A deployment that was complete and lost a pod is not rolling out: only a rollout can miss its deadline.
  if (current?.reason === 'NewReplicaSetAvailable') return current
  if (current && untilDeadline(deployment, deployment.status ?? {}, Date.parse(input.now)) === 0) {
    return named('ProgressDeadlineExceeded', `ReplicaSet "${name}" has timed out progressing.`, 'False')
  }
  return current ?? named('ReplicaSetUpdated', `ReplicaSet "${name}" is progressing.`)
}

function madeProgress(before: DeploymentStatus, after: DeploymentStatus): boolean {
  const old = (status: DeploymentStatus): number => (status.replicas ?? 0) - (status.updatedReplicas ?? 0)
  return (
    (after.updatedReplicas ?? 0) > (before.updatedReplicas ?? 0) ||
    old(after) < old(before) ||
    (after.readyReplicas ?? 0) > (before.readyReplicas ?? 0) ||
    (after.availableReplicas ?? 0) > (before.availableReplicas ?? 0)
  )
}

function update(before: DeploymentCondition[] = [], next: Update, now: string, touched = false): DeploymentCondition {
  const current = before.find(({ type }) => type === next.type)
  const same = current?.status === next.status && current.reason === next.reason
  return {
    type: next.type,
    status: next.status,
    reason: next.reason,
    message: next.message,
    lastUpdateTime: same && !touched ? current.lastUpdateTime : now,
    lastTransitionTime: current?.status === next.status ? current.lastTransitionTime : now,
  }
}

function total(sets: ReplicaSet[], field: 'replicas' | 'readyReplicas' | 'availableReplicas' | 'wanted'): number {
  return sets.reduce((sum, set) => sum + ((field === 'wanted' ? set.spec.replicas : set.status?.[field]) ?? 0), 0)
}
