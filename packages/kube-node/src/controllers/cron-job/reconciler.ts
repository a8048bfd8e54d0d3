import type { ReconcileContext, Reconciler } from '@slipway/controller-runtime'
import { messageOf } from '@slipway/errors'
import { isApiError, type KubeClient } from '@slipway/kube-client'
import { ownerReference } from '../../labels.ts'
import { JOBS } from '../../model/kinds.ts'
import { timestamp } from '../clock.ts'
import type { Job } from '../job/job.ts'
import type { FreshCache } from '../ownership/fresh-cache.ts'
import { updateStatus } from '../status.ts'
import type { CronJob, JobReference } from './cron-job.ts'
import { jobName, planCronJob, unlisted } from './plan.ts'
import { parseSchedule, type Schedule } from './schedule.ts'
import { zonedTimestamp } from './zoned-time.ts'

const SCHEDULED = 'batch.kubernetes.io/cronjob-scheduled-timestamp'

interface Deps {
  client: KubeClient
  jobs: FreshCache<Job>
}

/** Makes a Job each time that the schedule says so. */
export function cronJobReconciler({ client, jobs }: Deps): Reconciler<CronJob> {
  return {
    async reconcile(seen, context) {
      const owned = jobs.ownedBy(seen)
      // One that was made just now is in a status that the watch may not have brought yet.
      const cron = unlisted(seen.status ?? {}, owned).length > 0 ? await latest(seen) : seen
      const plan = planCronJob(cron, owned, scheduleOf(cron, context), Date.now())
      for (const [type, reason, message] of plan.events) context.event(type, reason, message)
      for (const job of plan.remove) await remove(job, context)
      const status = { ...plan.status }
      if (plan.start !== undefined) {
        const job = await start(cron, plan.start, context)
        status.active = [...(status.active ?? []), referenceTo(job)]
        status.lastScheduleTime = timestamp(new Date(plan.start))
      }
      await updateStatus(cron, { ...status }, context)
      const recheckAfter = plan.next === undefined ? undefined : Math.max(0, plan.next - Date.now()) + DELAY
      return { kind: 'ready', reason: 'Synced', message: '', ...(recheckAfter !== undefined && { recheckAfter }) }
    },
  }

  async function latest(cron: CronJob): Promise<CronJob> {
    const { apiVersion, kind, metadata } = cron
    const { name, namespace } = metadata
    return (await client.get<CronJob>({ apiVersion, kind, name, ...(namespace && { namespace }) })) ?? cron
  }

  async function start(cron: CronJob, time: number, context: ReconcileContext<CronJob>): Promise<Job> {
    const job = jobOf(cron, time)
    try {
      const created = jobs.wrote(await client.create(job))
      context.event('Normal', 'SuccessfulCreate', `Created job ${job.metadata.name}`)
      return created
    } catch (error) {
      const { name, namespace } = job.metadata
      const ref = { ...JOBS, name, ...(namespace && { namespace }) }
      // Made already, before a crash: it only has to be written down.
      const made = isApiError(error, 'KUBE_ALREADY_EXISTS') ? await client.get<Job>(ref) : undefined
      if (made) return made
      context.event('Warning', 'FailedCreate', `Error creating job: ${messageOf(error)}`)
      throw error
    }
  }

  async function remove(job: Job, context: ReconcileContext<CronJob>): Promise<void> {
    const { name, namespace, uid } = job.metadata
    const ref = { ...JOBS, name, ...(namespace && { namespace }) }
    try {
      await client.delete(ref, { ...(uid && { preconditions: { uid } }) })
    } catch (error) {
      context.event('Warning', 'FailedDelete', `Deleted job: ${messageOf(error)}`)
      throw error
    }
    jobs.deleted(job)
    context.event('Normal', 'SuccessfulDelete', `Deleted job ${name}`)
  }
}

/** Clocks of timers may run a little fast. */
const DELAY = 100

function scheduleOf({ spec }: CronJob, context: ReconcileContext<CronJob>): Schedule | undefined {
  try {
    return parseSchedule(spec.schedule, spec.timeZone)
  } catch (error) {
    context.event('Warning', 'UnparseableSchedule', messageOf(error))
    return undefined
  }
}

function jobOf(cron: CronJob, time: number): Job {
  const { metadata = {}, spec } = cron.spec.jobTemplate
  const { namespace } = cron.metadata
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: {
      name: jobName(cron, time),
      ...(namespace && { namespace }),
      ...(metadata.labels && { labels: metadata.labels }),
      annotations: { ...metadata.annotations, [SCHEDULED]: zonedTimestamp(time, cron.spec.timeZone) },
      ownerReferences: [ownerReference(cron)],
    },
    spec,
  }
}

function referenceTo({ apiVersion, kind, metadata }: Job): JobReference {
  const { name, namespace, uid = '' } = metadata
  return { apiVersion, kind, name, ...(namespace && { namespace }), uid }
}
