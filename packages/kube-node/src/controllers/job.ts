import type { Reconciler } from '@slipway/controller-runtime'
import type { Condition, KubeObject } from '@slipway/kube-objects'
import { canonicalJson, randomSuffix } from '../canonical.ts'
import type { LabelSelector, Pod, PodTemplate } from '../model/pod.ts'
import { timestamp } from './clock.ts'
import type { PodWriter } from './pod-writer.ts'
import { isActive, isReady, podFromTemplate } from './pods.ts'

export interface Job extends KubeObject {
  spec: {
    parallelism?: number
    completions?: number
    backoffLimit?: number
    activeDeadlineSeconds?: number
    suspend?: boolean
    selector?: LabelSelector
    template: PodTemplate
  }
}

/** What a Job should do next, from its pods alone. */
export interface JobPlan {
  create: number
  finish?: { type: 'Complete' | 'Failed'; reason: string; message: string }
}

/** Runs pods until enough have succeeded or too many have failed. */
export function jobReconciler(pods: PodWriter): Reconciler<Job> {
  return {
    async reconcile(job, context) {
      if (finished(job)) return { kind: 'ready', reason: 'Finished', message: '' }
      const owned = pods.ownedBy(job)
      const plan = planJob(job, owned, Date.now())
      const missing = Array.from({ length: plan.create }, () => jobPod(job))
      await Promise.all(missing.map((pod) => pods.create(pod, context)))
      if (plan.finish) for (const pod of owned.filter(isActive)) await pods.delete(pod, context)
      const status = jobStatus(job, pods.ownedBy(job), plan)
      if (plan.finish) {
        context.event(plan.finish.type === 'Failed' ? 'Warning' : 'Normal', plan.finish.reason, plan.finish.message)
      }
      if (canonicalJson({ ...job.status, ...status }) !== canonicalJson(job.status)) await context.patchStatus(status)
      const recheckAfter = plan.finish ? undefined : untilJobDeadline(job, Date.now())
      return { kind: 'ready', reason: 'Synced', message: '', ...(recheckAfter !== undefined && { recheckAfter }) }
    },
  }
}

export function planJob(job: Job, owned: Pod[], now: number): JobPlan {
  const { parallelism = 1, backoffLimit = 6 } = job.spec
  const succeeded = count(owned, 'Succeeded')
  const failed = count(owned, 'Failed')
  const active = owned.filter(isActive).length
  // Without completions one success is enough, once nothing runs any more.
  const completions = job.spec.completions ?? (succeeded > 0 ? succeeded : parallelism)
  if (failed > backoffLimit) {
    return {
      create: 0,
      finish: {
        type: 'Failed',
        reason: 'BackoffLimitExceeded',
        message: 'Job has reached the specified backoff limit',
      },
    }
  }
  if (untilJobDeadline(job, now) === 0) {
    return {
      create: 0,
      finish: { type: 'Failed', reason: 'DeadlineExceeded', message: 'Job was active longer than specified deadline' },
    }
  }
  if (succeeded >= completions && (job.spec.completions !== undefined || active === 0)) {
    return {
      create: 0,
      finish: { type: 'Complete', reason: 'CompletionsReached', message: 'Reached expected number of succeeded pods' },
    }
  }
  const leaving = owned.filter((pod) => pod.metadata.deletionTimestamp).length
  return { create: Math.max(0, Math.min(parallelism, completions - succeeded) - active - leaving) }
}

function jobStatus(job: Job, owned: Pod[], plan: JobPlan): Record<string, unknown> {
  const now = timestamp()
  const active = plan.finish ? [] : owned.filter(isActive)
  const conditions = (job.status?.conditions ?? []) as Condition[]
  return {
    startTime: job.status?.startTime ?? now,
    active: active.length,
    ready: active.filter(isReady).length,
    succeeded: count(owned, 'Succeeded'),
    failed: count(owned, 'Failed'),
    terminating: 0,
    ...(plan.finish && {
      conditions: [
        ...conditions,
        ...(plan.finish.type === 'Complete' ? [{ ...condition(plan.finish, now), type: 'SuccessCriteriaMet' }] : []),
        condition(plan.finish, now),
      ],
      ...(plan.finish.type === 'Complete' && { completionTime: now }),
    }),
  }
}

function condition(finish: NonNullable<JobPlan['finish']>, now: string): Condition & { lastProbeTime: string } {
  return { ...finish, status: 'True', lastProbeTime: now, lastTransitionTime: now }
}

function jobPod(job: Job): Pod {
  const pod = podFromTemplate(job, job.spec.template, `${job.metadata.name}-${randomSuffix()}`)
  const { name, uid = '' } = job.metadata
  const labels = {
    ...pod.metadata.labels,
    'batch.kubernetes.io/job-name': name,
    'batch.kubernetes.io/controller-uid': uid,
    'job-name': name,
    'controller-uid': uid,
  }
  return { ...pod, metadata: { ...pod.metadata, labels } }
}

function untilJobDeadline(job: Job, now: number): number | undefined {
  const { activeDeadlineSeconds } = job.spec
  const started = job.status?.startTime as string | undefined
  if (activeDeadlineSeconds === undefined || !started) return undefined
  return Math.max(0, Date.parse(started) + activeDeadlineSeconds * 1000 - now)
}

const finished = (job: Job): boolean =>
  ((job.status?.conditions ?? []) as Condition[]).some(
    ({ type, status }) => status === 'True' && (type === 'Complete' || type === 'Failed'),
  )

const count = (pods: Pod[], phase: 'Succeeded' | 'Failed'): number =>
  pods.filter(({ status }) => status?.phase === phase).length
