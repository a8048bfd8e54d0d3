import type { Deployment, DeploymentCondition, DeploymentStatus, ReplicaSet } from '../../model/workloads.ts'

export interface StatusInput {
  deployment: Deployment
  fresh: ReplicaSet | undefined
  all: ReplicaSet[]
  maxUnavailable: number
  /** Whether the new replica set was made just now. */
  isNew: boolean
  /** Whether it is rolled out: a Deployment that is paused or resized makes no progress, nor can it fail to. */
  isRollout: boolean
  now: string
}

/** status of a Deployment as `kubectl rollout status` reads it (kube-controller-manager, deployment/sync.go and progress.go). */
export function deploymentStatus(input: StatusInput): DeploymentStatus {
  const { deployment, fresh, all, isRollout } = input
  const before = deployment.status ?? {}
  const replicas = total(all, 'replicas')
  const available = total(all, 'availableReplicas')
  const status: DeploymentStatus = {
    ...(deployment.metadata.generation !== undefined && { observedGeneration: deployment.metadata.generation }),
    replicas,
    updatedReplicas: fresh?.status?.replicas ?? 0,
    readyReplicas: total(all, 'readyReplicas'),
    availableReplicas: available,
    unavailableReplicas: Math.max(0, total(all, 'wanted') - available),
    ...(before.collisionCount !== undefined && { collisionCount: before.collisionCount }),
  }
  const conditions = new Conditions(before.conditions, input.now)
  tellBeginning(conditions, input)
  const enough = available >= (deployment.spec.replicas ?? 1) - input.maxUnavailable
  if (enough) conditions.set('Available', 'True', 'MinimumReplicasAvailable', 'Deployment has minimum availability.')
  else {
    const message = 'Deployment does not have minimum availability.'
    conditions.set('Available', 'False', 'MinimumReplicasUnavailable', message)
  }
  if (isRollout) {
    tellProgress(conditions, input, status)
    tellFailure(conditions, input)
  }
  return { ...status, conditions: conditions.list() }
}

/** Whether all pods are of the present template, and serve. */
export function isComplete({ spec, metadata }: Deployment, status: DeploymentStatus = {}): boolean {
  const { replicas: desired = 1 } = spec
  const isSeen = (status.observedGeneration ?? 0) >= (metadata.generation ?? 0)
  return isSeen && [status.updatedReplicas, status.replicas, status.availableReplicas].every((n = 0) => n === desired)
}

/** Milliseconds until the progress deadline passes; undefined when nothing is awaited. */
export function untilDeadline(deployment: Deployment, status: DeploymentStatus, now: number): number | undefined {
  const deadline = deadlineOf(deployment)
  const condition = status.conditions?.find(({ type }) => type === PROGRESSING)
  if (deadline === undefined || !condition || condition.reason === AVAILABLE || condition.reason === TIMED_OUT) {
    return undefined
  }
  return deployment.spec.paused ? undefined : Math.max(0, Date.parse(condition.lastUpdateTime) + deadline - now)
}

const PROGRESSING = 'Progressing'
const AVAILABLE = 'NewReplicaSetAvailable'
const TIMED_OUT = 'ProgressDeadlineExceeded'
const PAUSED = 'DeploymentPaused'

/** Milliseconds that a rollout may take without any progress; undefined when as long as it likes. */
export function deadlineOf({ spec }: Deployment): number | undefined {
  const { progressDeadlineSeconds: seconds } = spec
  return seconds === undefined || seconds >= 2 ** 31 - 1 ? undefined : seconds * 1000
}

/** The conditions of a Deployment while it is looked at: those that say the same stay as they are, and so do those of others. */
export class Conditions {
  readonly #now: string
  #list: DeploymentCondition[]

  constructor(known: DeploymentCondition[] = [], now: string) {
    this.#list = known
    this.#now = now
  }

  list(): DeploymentCondition[] {
    return this.#list
  }

  get(type: string): DeploymentCondition | undefined {
    return this.#list.find((condition) => condition.type === type)
  }

  set(type: string, status: DeploymentCondition['status'], reason: string, message: string): void {
    const before = this.get(type)
    if (before?.status !== status || before.reason !== reason) this.renew(type, status, reason, message)
  }

  /** The same, as of now also where it says the same. */
  renew(type: string, status: DeploymentCondition['status'], reason: string, message: string): void {
    const before = this.get(type)
    const lastTransitionTime = before?.status === status ? before.lastTransitionTime : this.#now
    this.remove(type)
    this.#list = [...this.#list, { type, status, reason, message, lastUpdateTime: this.#now, lastTransitionTime }]
  }

  remove(type: string): void {
    this.#list = this.#list.filter((condition) => condition.type !== type)
  }
}

/** That the rollout rests, goes on, or has a replica set to wait for (checkPausedConditions, getNewReplicaSet). */
function tellBeginning(conditions: Conditions, { deployment, fresh, isNew }: StatusInput): void {
  if (deadlineOf(deployment) === undefined) return
  const { paused = false } = deployment.spec
  const reason = conditions.get(PROGRESSING)?.reason
  if (reason !== TIMED_OUT && paused !== (reason === PAUSED)) {
    const [next, message] = paused ? [PAUSED, 'Deployment is paused'] : ['DeploymentResumed', 'Deployment is resumed']
    conditions.set(PROGRESSING, 'Unknown', next, message)
  }
  if (!fresh) return
  const { name } = fresh.metadata
  if (isNew) conditions.set(PROGRESSING, 'True', 'NewReplicaSetCreated', `Created new replica set "${name}"`)
  else if (!conditions.get(PROGRESSING))
    conditions.set(PROGRESSING, 'True', 'FoundNewReplicaSet', `Found new replica set "${name}"`)
}

function tellProgress(conditions: Conditions, { deployment, fresh, now }: StatusInput, status: DeploymentStatus): void {
  if (deadlineOf(deployment) === undefined) {
    conditions.remove(PROGRESSING)
    return
  }
  // A deployment that was complete and lost a pod, or grows, is not rolling out: only a rollout can miss its deadline.
  const current = conditions.get(PROGRESSING)
  if (current?.reason === AVAILABLE && status.replicas === status.updatedReplicas) return
  const what = fresh ? `ReplicaSet "${fresh.metadata.name}"` : `Deployment "${deployment.metadata.name}"`
  if (isComplete(deployment, status)) {
    conditions.set(PROGRESSING, 'True', AVAILABLE, `${what} has successfully progressed.`)
  } else if (madeProgress(deployment.status ?? {}, status)) {
    conditions.renew(PROGRESSING, 'True', 'ReplicaSetUpdated', `${what} is progressing.`)
  } else if (untilDeadline(deployment, { conditions: conditions.list() }, Date.parse(now)) === 0) {
    conditions.set(PROGRESSING, 'False', TIMED_OUT, `${what} has timed out progressing.`)
  }
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

/** Why pods can't be created, as the replica sets say it; the new one first. */
function tellFailure(conditions: Conditions, { fresh, all }: StatusInput): void {
  const failures = [...(fresh ? [fresh] : []), ...all].flatMap(({ status }) => status?.conditions ?? [])
  const failure = failures.find(({ type }) => type === FAILURE)
  if (failure) conditions.set(FAILURE, failure.status, failure.reason, failure.message)
  else conditions.remove(FAILURE)
}

const FAILURE = 'ReplicaFailure'

function total(sets: ReplicaSet[], field: 'replicas' | 'readyReplicas' | 'availableReplicas' | 'wanted'): number {
  return sets.reduce((sum, set) => sum + ((field === 'wanted' ? set.spec.replicas : set.status?.[field]) ?? 0), 0)
}
