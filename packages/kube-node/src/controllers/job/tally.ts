import { hasEnded, type Pod } from '../../model/pod.ts'
import { isActive, isReady } from '../pods/pods.ts'
import { indexOf, parseIndexes } from './indexes.ts'
import { isIndexed, type Job, TRACKING } from './job.ts'
import { failureVerdict } from './policies.ts'

export const FAILURES = 'batch.kubernetes.io/job-index-failure-count'
export const IGNORED_FAILURES = 'batch.kubernetes.io/job-index-ignored-failure-count'

/** A Job's pods, sorted and counted. */
export interface Tally {
  job: Job
  pods: Pod[]
  active: Pod[]
  ready: number
  terminating: number
  /** Also those that the status does not count yet. */
  succeeded: number
  failed: number
  succeededIndexes: Set<number>
  failedIndexes: Set<number>
  /** Failed pods that are kept until another one does their index, which has to know how often it failed. */
  replaceable: Map<number, Pod>
}

export function tallyOf(job: Job, pods: Pod[]): Tally {
  const active = pods.filter(isActive)
  const { status = {}, spec } = job
  const { succeeded = [], failed = [] } = status.uncountedTerminatedPods ?? {}
  const uncounted = pods.filter((pod) => isTracked(pod) && isValid(job, pod))
  const newlyFailed = uncounted.filter((pod) => isFailed(job, pod) && !failed.includes(pod.metadata.uid ?? ''))
  const newlySucceeded = uncounted.filter((pod) => isSucceeded(pod) && !succeeded.includes(pod.metadata.uid ?? ''))
  const completions = spec.completions ?? 0
  const tally: Tally = {
    job,
    pods,
    active,
    ready: active.filter(isReady).length,
    terminating: pods.filter(isTerminating).length,
    succeeded: (status.succeeded ?? 0) + newlySucceeded.length + succeeded.length,
    failed: (status.failed ?? 0) + newlyFailed.filter((pod) => failureVerdict(job, pod).counts).length + failed.length,
    succeededIndexes: parseIndexes(status.completedIndexes, completions),
    failedIndexes: parseIndexes(status.failedIndexes, completions),
    replaceable: new Map(),
  }
  if (isIndexed(job)) countIndexes(tally, uncounted)
  return tally
}

function countIndexes(tally: Tally, uncounted: Pod[]): void {
  const { job, active, succeededIndexes, failedIndexes, replaceable } = tally
  const completions = job.spec.completions ?? 0
  const indexed = uncounted.flatMap((pod) => {
    const index = indexOf(pod, completions)
    return index === undefined ? [] : [{ pod, index }]
  })
  for (const { pod, index } of indexed) if (isSucceeded(pod)) succeededIndexes.add(index)
  tally.succeeded = succeededIndexes.size
  if (job.spec.backoffLimitPerIndex === undefined) return
  const failed = indexed.filter(({ pod }) => isFailed(job, pod))
  for (const { pod, index } of failed) if (isIndexLost(job, pod)) failedIndexes.add(index)
  const taken = new Set(active.map((pod) => indexOf(pod, completions)))
  for (const { pod, index } of failed) {
    if (taken.has(index) || succeededIndexes.has(index) || failedIndexes.has(index)) continue
    const known = replaceable.get(index)
    if (!known || failuresOf(known) <= failuresOf(pod)) replaceable.set(index, pod)
  }
}

/** Whether a failed pod is the last one that its index may have. */
function isIndexLost(job: Job, pod: Pod): boolean {
  const { counts, action } = failureVerdict(job, pod)
  if (action === 'FailIndex') return true
  return counts && countOf(pod, FAILURES) >= (job.spec.backoffLimitPerIndex ?? 0)
}

/** How often the index had failed before this pod, whether that counted or not. */
export const failuresOf = (pod: Pod): number => countOf(pod, FAILURES) + countOf(pod, IGNORED_FAILURES)

export const countOf = ({ metadata }: Pod, annotation: string): number =>
  Math.max(0, Math.trunc(Number(metadata.annotations?.[annotation] ?? 0))) || 0

export const isTracked = ({ metadata }: Pod): boolean => metadata.finalizers?.includes(TRACKING) ?? false

export const isSucceeded = ({ status }: Pod): boolean => status?.phase === 'Succeeded'

/** A pod that is deleted counts as failed at once, unless only those are to be replaced that have really ended. */
export function isFailed({ spec }: Job, pod: Pod): boolean {
  if (pod.status?.phase === 'Failed') return true
  return !replacesFailedOnly(spec) && pod.metadata.deletionTimestamp !== undefined && !isSucceeded(pod)
}

export const replacesFailedOnly = ({ podReplacementPolicy, podFailurePolicy }: Job['spec']): boolean =>
  podReplacementPolicy === 'Failed' || (podReplacementPolicy === undefined && podFailurePolicy !== undefined)

export const isTerminating = (pod: Pod): boolean => pod.metadata.deletionTimestamp !== undefined && !hasEnded(pod)

/** An indexed Job counts only pods that have one of its indexes. */
function isValid(job: Job, pod: Pod): boolean {
  return !isIndexed(job) || indexOf(pod, job.spec.completions ?? 0) !== undefined
}
