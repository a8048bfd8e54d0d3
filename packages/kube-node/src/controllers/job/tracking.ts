import type { Pod } from '../../model/pod.ts'
import { timestamp } from '../clock.ts'
import { formatIndexes, indexOf } from './indexes.ts'
import { conditionOf, isIndexed, type Job, type JobCondition, type JobStatus } from './job.ts'
import { failureVerdict } from './policies.ts'
import { isFailed, isSucceeded, isTracked, type Tally } from './tally.ts'
import type { Verdict } from './verdict.ts'

/** The most pods that are counted at once; their ids are in the status until they are let go. */
const MOST_UNCOUNTED = 500

/**
 * Counting a pod takes three steps, so that a crash between them counts none twice and none not at all: its id is written into
 * the status, then its finalizer is taken away, then the id becomes a number (tracking with finalizers, KEP-2307).
 */
export interface Tracking {
  /** The status before pods are let go. */
  status: JobStatus
  /** Pods that may lose their finalizer then. */
  release: Pod[]
}

export function track(tally: Tally, verdict: Verdict | undefined, now: Date): Tracking {
  const { job, active, ready, terminating, pods } = tally
  const counted = settle(job.status ?? {}, new Set(pods.filter(isTracked).map(uidOf)))
  const { succeeded, failed } = { succeeded: [], failed: [], ...counted.uncountedTerminatedPods }
  const release: Pod[] = []
  for (const pod of pods.filter(isTracked)) {
    if (!mayGo(tally, pod, verdict) || succeeded.length + failed.length >= MOST_UNCOUNTED) continue
    release.push(pod)
    const uid = uidOf(pod)
    if (isSucceeded(pod)) {
      // An index is counted once by itself.
      if (!isIndexed(job) && !succeeded.includes(uid)) succeeded.push(uid)
    } else if (!failed.includes(uid) && countsAsFailed(job, pod, verdict)) failed.push(uid)
  }
  return {
    release,
    status: {
      ...counted,
      active: active.length,
      ready,
      terminating,
      ...startTime(job, now),
      ...(isIndexed(job) && indexFields(tally)),
      uncountedTerminatedPods: { succeeded, failed },
      conditions: interimConditions(job, verdict, now),
    },
  }
}

/** The status after these pods were let go, and when nothing is left to wait for, with the end. */
export function afterRelease(
  status: JobStatus,
  {
    tracked,
    verdict,
    terminating,
    now,
  }: { tracked: Set<string>; verdict: Verdict | undefined; terminating: number; now: Date },
): JobStatus {
  const settled = settle(status, tracked)
  const { succeeded = [], failed = [] } = settled.uncountedTerminatedPods ?? {}
  if (!verdict || terminating > 0 || succeeded.length + failed.length > 0) return settled
  const isComplete = verdict.type === 'SuccessCriteriaMet'
  const end = condition({ ...verdict, type: isComplete ? 'Complete' : 'Failed' }, now)
  return {
    ...settled,
    conditions: [...(settled.conditions ?? []), end],
    ...(isComplete && { completionTime: end.lastTransitionTime }),
  }
}

/** Ids of pods that have lost their finalizer become numbers. */
function settle(status: JobStatus, tracked: ReadonlySet<string>): JobStatus {
  const { succeeded = [], failed = [] } = status.uncountedTerminatedPods ?? {}
  const kept = (ids: string[]): string[] => ids.filter((uid) => tracked.has(uid))
  return {
    ...status,
    succeeded: (status.succeeded ?? 0) + succeeded.length - kept(succeeded).length,
    failed: (status.failed ?? 0) + failed.length - kept(failed).length,
    uncountedTerminatedPods: { succeeded: kept(succeeded), failed: kept(failed) },
  }
}

/** Whether the finalizer may go: not while another pod still has to know how often this one's index failed. */
function mayGo({ job, replaceable }: Tally, pod: Pod, verdict: Verdict | undefined): boolean {
  if (verdict || isSucceeded(pod)) return true
  const index = indexOf(pod, job.spec.completions ?? 0)
  return isFailed(job, pod) && !(index !== undefined && replaceable.get(index) === pod)
}

/** When the Job has failed, whatever still ran has failed with it. */
function countsAsFailed(job: Job, pod: Pod, verdict: Verdict | undefined): boolean {
  if (!isFailed(job, pod) && verdict?.type !== 'FailureTarget') return false
  if (isIndexed(job) && indexOf(pod, job.spec.completions ?? 0) === undefined) return false
  return failureVerdict(job, pod).counts
}

function indexFields({ job, succeededIndexes, failedIndexes }: Tally): Partial<JobStatus> {
  return {
    succeeded: succeededIndexes.size,
    completedIndexes: formatIndexes(succeededIndexes),
    ...(job.spec.backoffLimitPerIndex !== undefined && { failedIndexes: formatIndexes(failedIndexes) }),
  }
}

/** A Job that is resumed begins anew for its deadline. */
function startTime({ spec, status }: Job, now: Date): Partial<JobStatus> {
  if (spec.suspend) return { startTime: null }
  const isResumed = status?.conditions?.some(({ type, status: value }) => type === 'Suspended' && value === 'True')
  return { startTime: (isResumed ? undefined : status?.startTime) ?? timestamp(now) }
}

function interimConditions(job: Job, verdict: Verdict | undefined, now: Date): JobCondition[] {
  const before = job.status?.conditions ?? []
  const ended = verdict && !conditionOf(job, verdict.type) ? [condition(verdict, now)] : []
  const suspended = before.find(({ type }) => type === 'Suspended')
  const isSuspended = job.spec.suspend === true && !verdict
  if (isSuspended === (suspended?.status === 'True') || (verdict && !suspended)) return [...before, ...ended]
  const others = before.filter((one) => one !== suspended)
  const change = isSuspended
    ? condition({ type: 'Suspended', reason: 'JobSuspended', message: 'Job suspended' }, now)
    : {
        ...condition({ type: 'Suspended', reason: 'JobResumed', message: 'Job resumed' }, now),
        status: 'False' as const,
      }
  return [...others, change, ...ended]
}

function condition(
  { type, reason, message }: { type: string; reason: string; message: string },
  now: Date,
): JobCondition {
  const time = timestamp(now)
  return { type, status: 'True', reason, message, lastProbeTime: time, lastTransitionTime: time }
}

const uidOf = ({ metadata }: Pod): string => metadata.uid ?? ''
