import type { Pod } from '../../model/pod.ts'
import { deletionOrder } from '../pods/deletion-order.ts'
import { indexOf } from './indexes.ts'
import { isIndexed } from './job.ts'
import { failuresOf, isFailed, isSucceeded, isTerminating, replacesFailedOnly, type Tally } from './tally.ts'

/** What to do with a Job's pods now. */
export interface JobPlan {
  remove: Pod[]
  /** One entry for each pod to create: its index, or undefined where pods have none. */
  create: (number | undefined)[]
  /** Milliseconds until more may be created. */
  wait?: number
}

/** A pod is created anew after 10 s, 20 s, … 10 min (DefaultJobPodFailureBackOff, MaxJobPodFailureBackOff). */
const FIRST_BACKOFF = 10_000
const LAST_BACKOFF = 600_000
/** MaxPodCreateDeletePerSync. */
const MOST_AT_ONCE = 500

/** As many pods as the Job may run and still needs (manageJob). */
export function planJob(tally: Tally, now: number): JobPlan {
  const { job, active, terminating } = tally
  if (job.spec.suspend) return { remove: active, create: [] }
  const wanted = wantedActive(tally)
  const remove = surplus(tally, Math.max(0, active.length - wanted))
  if (remove.length > 0) return { remove, create: [] }
  const leaving = replacesFailedOnly(job.spec) ? terminating : 0
  const missing = Math.min(MOST_AT_ONCE, wanted - leaving - active.length)
  if (missing <= 0) return { remove, create: [] }
  if (job.spec.backoffLimitPerIndex !== undefined) return independentIndexes(tally, missing, now)
  const wait = untilRetry(tally, now)
  if (wait > 0) return { remove, create: [], wait }
  const create = isIndexed(job) ? pendingIndexes(tally, missing) : Array.from({ length: missing }, () => undefined)
  return { remove, create }
}

function wantedActive({ job, active, succeeded }: Tally): number {
  const { parallelism = 1, completions } = job.spec
  if (completions === undefined) return succeeded > 0 ? active.length : parallelism
  return Math.max(0, Math.min(parallelism, completions - succeeded))
}

/** Pods that do what another one does go first, then as many as there are too many. */
function surplus({ job, active }: Tally, least: number): Pod[] {
  const { completions = 0 } = job.spec
  const seen = new Set<number>()
  const isDouble = (pod: Pod): boolean => {
    const index = indexOf(pod, completions)
    if (index === undefined || seen.has(index)) return true
    seen.add(index)
    return false
  }
  const doubles = isIndexed(job) ? deletionOrder(active).reverse().filter(isDouble) : []
  const rest = deletionOrder(active.filter((pod) => !doubles.includes(pod)))
  return [...doubles, ...rest.slice(0, Math.max(0, least - doubles.length))]
}

function pendingIndexes({ job, pods, active, succeededIndexes, failedIndexes }: Tally, count: number): number[] {
  const { completions = 0 } = job.spec
  const busy = replacesFailedOnly(job.spec) ? [...active, ...pods.filter(isTerminating)] : active
  const taken = new Set([...busy.map((pod) => indexOf(pod, completions)), ...succeededIndexes, ...failedIndexes])
  const pending: number[] = []
  for (let index = 0; index < completions && pending.length < count; index++) if (!taken.has(index)) pending.push(index)
  return pending
}

/** Each index waits for itself alone. */
function independentIndexes(tally: Tally, missing: number, now: number): JobPlan {
  const waits = pendingIndexes(tally, missing).map((index) => {
    const last = tally.replaceable.get(index)
    return { index, wait: last ? backOff(failuresOf(last) + 1, finishedAt(last), now) : 0 }
  })
  const create = waits.filter(({ wait }) => wait === 0).map(({ index }) => index)
  const next = Math.min(...waits.map(({ wait }) => wait).filter((wait) => wait > 0))
  return { remove: [], create, ...(Number.isFinite(next) && { wait: next }) }
}

/** Milliseconds that new pods have to wait for failures since the last success. */
function untilRetry({ job, pods }: Tally, now: number): number {
  const lastSuccess = Math.max(0, ...pods.filter(isSucceeded).map(finishedAt))
  const failures = pods
    .filter((pod) => isFailed(job, pod))
    .map(finishedAt)
    .filter((time) => time > lastSuccess)
  return failures.length === 0 ? 0 : backOff(failures.length, Math.max(...failures), now)
}

function backOff(failures: number, last: number, now: number): number {
  return Math.max(0, last + Math.min(LAST_BACKOFF, FIRST_BACKOFF * 2 ** (failures - 1)) - now)
}

/** When a pod ended: its last container, or what else tells (getFinishedTime). In milliseconds. */
function finishedAt({ metadata, status }: Pod): number {
  const ends = (status?.containerStatuses ?? []).map(({ state }) => Date.parse(state.terminated?.finishedAt ?? ''))
  if (ends.length > 0 && ends.every((end) => !Number.isNaN(end))) return Math.max(...ends)
  const unready = status?.conditions?.find((condition) => condition.type === 'Ready' && condition.status === 'False')
  const times = [unready?.lastTransitionTime, metadata.deletionTimestamp, metadata.creationTimestamp]
  return Date.parse(times.find((time) => time) ?? '') || 0
}
