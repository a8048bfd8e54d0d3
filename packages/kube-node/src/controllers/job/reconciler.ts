import type { ReconcileContext, Reconciler } from '@slipway/controller-runtime'
import type { KubeClient } from '@slipway/kube-client'
import { JOBS } from '../../model/kinds.ts'
import type { Pod } from '../../model/pod.ts'
import type { PodWriter } from '../pods/pod-writer.ts'
import { slowStart } from '../pods/slow-start.ts'
import { updateStatus } from '../status.ts'
import { finishedCondition, isForeign, type Job, type JobStatus, TRACKING } from './job.ts'
import { jobPod } from './job-pod.ts'
import { type JobPlan, planJob } from './plan.ts'
import { isTracked, type Tally, tallyOf } from './tally.ts'
import { afterRelease, track } from './tracking.ts'
import { untilJobDeadline, type Verdict, verdictOf } from './verdict.ts'

interface Deps {
  client: KubeClient
  pods: PodWriter
}

/** Runs pods until enough have succeeded or too many have failed. */
export function jobReconciler(deps: Deps): Reconciler<Job> {
  return {
    async reconcile(job, context) {
      if (isForeign(job)) return { kind: 'ready', reason: 'Foreign', message: '' }
      if (finishedCondition(job)) return expire(deps, job)
      const owned = await deps.pods.claim(job, job.spec.selector)
      const tally = tallyOf(job, owned)
      const verdict = verdictOf(tally, Date.now())
      const { error, wait } = await act(deps, tally, verdict, context)
      await writeStatus(deps, job, verdict, context)
      if (error !== undefined) throw error
      const recheckAfter = earliest([wait, verdict ? undefined : untilJobDeadline(job, Date.now())])
      const again = recheckAfter !== undefined && { recheckAfter }
      return { kind: 'ready', reason: 'Synced', message: '', ...again, lookedAt: owned.length }
    },
  }
}

async function act(
  { pods }: Deps,
  tally: Tally,
  verdict: Verdict | undefined,
  context: ReconcileContext<Job>,
): Promise<{ error?: unknown; wait?: number | undefined }> {
  const { job, active, replaceable } = tally
  const plan: JobPlan = verdict ? { remove: active, create: [] } : planFor(tally)
  await Promise.all(plan.remove.map((pod) => pods.delete(pod, context)))
  const { error } = await slowStart(plan.create.length, (turn) => {
    const index = plan.create[turn]
    return pods.create(jobPod(job, index, index === undefined ? undefined : replaceable.get(index)), context)
  })
  return { error, wait: plan.wait }
}

/** One that is deleted makes no pods in place of those that go before it (foreground deletion). */
function planFor(tally: Tally): JobPlan {
  return tally.job.metadata.deletionTimestamp ? { remove: [], create: [] } : planJob(tally, Date.now())
}

async function writeStatus(
  { pods }: Deps,
  job: Job,
  verdict: Verdict | undefined,
  context: ReconcileContext<Job>,
): Promise<void> {
  const now = new Date()
  const tally = tallyOf(job, pods.ownedBy(job))
  const { status, release } = track(tally, verdict, now)
  await updateStatus(job, fields(status), context)
  await Promise.all(release.map((pod) => pods.removeFinalizer(pod, TRACKING)))
  const left = pods.ownedBy(job)
  const tracked = new Set(left.filter(isTracked).map(({ metadata }) => metadata.uid ?? ''))
  const after = afterRelease(status, { tracked, verdict, terminating: tally.terminating, now })
  await updateStatus({ ...job, status }, fields(after), context)
  tellEnd(job, after, context)
  tellSuspension(job, after, context)
}

const fields = (status: JobStatus): Record<string, unknown> => ({ ...status })

function tellEnd({ spec }: Job, { conditions = [], succeeded = 0 }: JobStatus, context: ReconcileContext<Job>): void {
  const end = conditions.find(({ type }) => type === 'Complete' || type === 'Failed')
  if (end?.type === 'Complete' && spec.completions !== undefined && succeeded > spec.completions) {
    const message = 'Too many succeeded pods running after completion count reached'
    context.event('Warning', 'TooManySucceededPods', message)
  }
  if (end?.type === 'Complete') context.event('Normal', 'Completed', 'Job completed')
  else if (end) context.event('Warning', end.reason, end.message)
}

function tellSuspension({ status }: Job, after: JobStatus, context: ReconcileContext<Job>): void {
  const suspension = (one: JobStatus = {}): string =>
    one.conditions?.find(({ type }) => type === 'Suspended')?.status ?? 'False'
  if (suspension(status) === suspension(after)) return
  if (suspension(after) === 'True') context.event('Normal', 'Suspended', 'Job suspended')
  else context.event('Normal', 'Resumed', 'Job resumed')
}

/** A finished Job goes after its time, if it has one (the TTL controller). */
async function expire({ client }: Deps, job: Job): ReturnType<Reconciler<Job>['reconcile']> {
  const { ttlSecondsAfterFinished: ttl } = job.spec
  const result = { kind: 'ready' as const, reason: 'Finished', message: '' }
  const end = finishedCondition(job)
  if (ttl === undefined || !end) return result
  const left = Date.parse(end.lastTransitionTime) + ttl * 1000 - Date.now()
  if (left > 0) return { ...result, recheckAfter: left }
  const { name, namespace, uid } = job.metadata
  const ref = { ...JOBS, name, ...(namespace && { namespace }) }
  await client.delete(ref, { propagationPolicy: 'Foreground', ...(uid && { preconditions: { uid } }) })
  return result
}

function earliest(times: (number | undefined)[]): number | undefined {
  const known = times.filter((time) => time !== undefined)
  return known.length > 0 ? Math.min(...known) : undefined
}

/** Lets go of pods whose Job is gone or going, which nobody will count any more. */
export function orphanedJobPodReconciler(pods: PodWriter, find: (pod: Pod) => Job | undefined): Reconciler<Pod> {
  return {
    async reconcile(pod) {
      const job = find(pod)
      if (isTracked(pod) && (!job || job.metadata.deletionTimestamp)) await pods.removeFinalizer(pod, TRACKING)
      return { kind: 'ready', reason: 'Synced', message: '' }
    },
  }
}
