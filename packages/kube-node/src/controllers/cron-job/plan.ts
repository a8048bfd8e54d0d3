import { finishedCondition, type Job } from '../job/job.ts'
import type { CronJob, CronJobStatus, JobReference } from './cron-job.ts'
import type { Schedule } from './schedule.ts'

/** What to do for a CronJob now. Times are milliseconds since 1970. */
export interface CronPlan {
  /** The time for which a Job is to be made. */
  start?: number
  /** Jobs that go: those that are replaced, and finished ones beyond the history. */
  remove: Job[]
  status: CronJobStatus
  events: [type: 'Normal' | 'Warning', reason: string, message: string][]
  /** When to look again. */
  next?: number
}

/** The CronJob controller's rules (syncCronJob). `schedule` is undefined where it can't be read. */
export function planCronJob(cron: CronJob, jobs: Job[], schedule: Schedule | undefined, now: number): CronPlan {
  const plan: CronPlan = { remove: outdated(cron, jobs), status: {}, events: [] }
  plan.status = observe(cron, jobs, plan)
  if (cron.metadata.deletionTimestamp || cron.spec.suspend || !schedule) return plan
  const next = schedule.next(now)
  if (next === undefined) {
    plan.events.push(['Warning', 'InvalidSchedule', `invalid schedule: ${cron.spec.schedule} : ${NEVER}`])
    return plan
  }
  plan.next = next
  const since = earliest(cron, now)
  const due = schedule.last(since, now)
  if (due === undefined) return plan
  if (hasMissedMany(schedule, since, now)) plan.events.push(['Warning', 'TooManyMissedTimes', TOO_MANY_MISSED])
  if (isTooLate(cron, due, now, plan)) return plan
  const active = plan.status.active ?? []
  if (active.some(({ name }) => name === jobName(cron, due))) return plan
  if (cron.spec.concurrencyPolicy === 'Forbid' && active.length > 0) {
    plan.events.push([
      'Normal',
      'JobAlreadyActive',
      'Not starting job because prior execution is running and concurrency policy is Forbid',
    ])
    return plan
  }
  if (cron.spec.concurrencyPolicy === 'Replace') {
    plan.remove.push(...jobs.filter(({ metadata }) => active.some(({ uid }) => uid === metadata.uid)))
    plan.status.active = []
  }
  plan.start = due
  return plan
}

/** The same name for the same time, so that no Job is made twice. */
export const jobName = ({ metadata }: CronJob, time: number): string => `${metadata.name}-${Math.floor(time / 60_000)}`

/** Which Jobs run, and when one last succeeded. */
function observe({ status = {} }: CronJob, jobs: Job[], { events }: CronPlan): CronJobStatus {
  const active: JobReference[] = []
  for (const reference of status.active ?? []) {
    const job = jobs.find(({ metadata }) => metadata.uid === reference.uid)
    const end = job && finishedCondition(job)
    if (!job) events.push(['Normal', 'MissingJob', `Active job went missing: ${reference.name}`])
    else if (end)
      events.push(['Normal', 'SawCompletedJob', `Saw completed job: ${reference.name}, condition: ${end.type}`])
    else active.push(reference)
  }
  for (const { metadata } of unlisted(status, jobs)) {
    const message = `Saw a job that the controller did not create or forgot: ${metadata.name}`
    events.push(['Warning', 'UnexpectedJob', message])
  }
  const successes = jobs.flatMap((job) => job.status?.completionTime ?? [])
  const [lastSuccessfulTime] = [...successes, status.lastSuccessfulTime ?? ''].sort().reverse()
  return { ...status, active, ...(lastSuccessfulTime && { lastSuccessfulTime }) }
}

/** Jobs that run and are not in the list of those that do. */
export const unlisted = ({ active = [] }: CronJobStatus, jobs: Job[]): Job[] =>
  jobs.filter((job) => !finishedCondition(job) && !active.some(({ uid }) => uid === job.metadata.uid))

/** From when on times count that were missed. */
function earliest({ metadata, spec, status }: CronJob, now: number): number {
  const since = Date.parse(status?.lastScheduleTime ?? metadata.creationTimestamp ?? '') || now
  const { startingDeadlineSeconds: deadline } = spec
  return deadline === undefined ? since : Math.max(since, now - deadline * 1000)
}

/** What Kubernetes finds of a day that no month has: the time of each run is none (mostRecentScheduleTime). */
const NEVER = 'time difference between two schedules is less than 1 second'
const TOO_MANY_MISSED = 'too many missed start times. Set or decrease .spec.startingDeadlineSeconds or check clock skew'

/** Whether about a hundred times went by, taking the first two as a measure (mostRecentScheduleTime). */
function hasMissedMany(schedule: Schedule, since: number, now: number): boolean {
  const first = schedule.next(since)
  const second = first && schedule.next(first)
  return second ? (now - first) / (second - first) >= 100 : false
}

function isTooLate({ spec }: CronJob, due: number, now: number, { events }: CronPlan): boolean {
  const { startingDeadlineSeconds: deadline } = spec
  if (deadline === undefined || due + deadline * 1000 >= now) return false
  const time = new Date(due).toUTCString().replace('GMT', '+0000')
  events.push(['Warning', 'MissSchedule', `Missed scheduled time to start a job: ${time}`])
  return true
}

function outdated({ spec }: CronJob, jobs: Job[]): Job[] {
  const ended = (type: string): Job[] =>
    jobs
      .filter((job) => finishedCondition(job)?.type === type)
      .sort((a, b) => ((a.status?.startTime ?? '') < (b.status?.startTime ?? '') ? -1 : 1))
  const surplus = (list: Job[], limit: number): Job[] => list.slice(0, Math.max(0, list.length - limit))
  return [
    ...surplus(ended('Complete'), spec.successfulJobsHistoryLimit ?? 3),
    ...surplus(ended('Failed'), spec.failedJobsHistoryLimit ?? 1),
  ]
}
