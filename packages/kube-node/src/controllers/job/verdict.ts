import { conditionOf, isIndexed, type Job } from './job.ts'
import { failureVerdict, successMessage } from './policies.ts'
import { isFailed, type Tally } from './tally.ts'

/** That a Job is to end, and why; its pods go before it says so for good. */
export interface Verdict {
  type: 'SuccessCriteriaMet' | 'FailureTarget'
  reason: string
  message: string
}

/** In the Job controller's order (syncJob): what was decided before, failures, success. Undefined = it goes on. */
export function verdictOf(tally: Tally, now: number): Verdict | undefined {
  const { job } = tally
  const before = conditionOf(job, 'SuccessCriteriaMet') ?? conditionOf(job, 'FailureTarget')
  if (before) return { type: before.type as Verdict['type'], reason: before.reason, message: before.message }
  return failure(tally, now) ?? success(tally)
}

/** Milliseconds until the Job's deadline; undefined without one. */
export function untilJobDeadline({ spec, status }: Job, now: number): number | undefined {
  if (spec.activeDeadlineSeconds === undefined || spec.suspend || !status?.startTime) return undefined
  return Math.max(0, Date.parse(status.startTime) + spec.activeDeadlineSeconds * 1000 - now)
}

function failure(tally: Tally, now: number): Verdict | undefined {
  const { job, pods, failedIndexes, succeededIndexes } = tally
  const { backoffLimit = 6, maxFailedIndexes, backoffLimitPerIndex, completions = 0 } = job.spec
  const failed = (reason: string, message: string): Verdict => ({ type: 'FailureTarget', reason, message })
  for (const pod of job.spec.podFailurePolicy ? pods : []) {
    const { message } = isFailed(job, pod) ? failureVerdict(job, pod) : {}
    if (message) return failed('PodFailurePolicy', message)
  }
  if (tally.failed > backoffLimit || restartsTooOften(tally, backoffLimit)) {
    return failed('BackoffLimitExceeded', 'Job has reached the specified backoff limit')
  }
  if (untilJobDeadline(job, now) === 0) {
    return failed('DeadlineExceeded', 'Job was active longer than specified deadline')
  }
  if (backoffLimitPerIndex === undefined) return undefined
  if (maxFailedIndexes !== undefined && failedIndexes.size > maxFailedIndexes) {
    return failed('MaxFailedIndexesExceeded', 'Job has exceeded the specified maximal number of failed indexes')
  }
  if (failedIndexes.size > 0 && failedIndexes.size + succeededIndexes.size >= completions) {
    return failed('FailedIndexes', 'Job has failed indexes')
  }
  return undefined
}

function success({ job, succeeded, succeededIndexes, active }: Tally): Verdict | undefined {
  const policy = isIndexed(job) ? successMessage(job, succeededIndexes) : undefined
  if (policy) return { type: 'SuccessCriteriaMet', reason: 'SuccessPolicy', message: policy }
  const { completions } = job.spec
  // Without a number one success is enough, once nothing runs any more.
  const enough = completions === undefined ? succeeded > 0 : succeeded >= completions
  if (!enough || active.length > 0) return undefined
  const message = 'Reached expected number of succeeded pods'
  return { type: 'SuccessCriteriaMet', reason: 'CompletionsReached', message }
}

/** Pods that restart in place fail by their restarts. */
function restartsTooOften({ job, active }: Tally, limit: number): boolean {
  if (job.spec.template.spec.restartPolicy !== 'OnFailure') return false
  const restarts = active
    .flatMap(({ status }) => [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])])
    .reduce((sum, { restartCount }) => sum + restartCount, 0)
  return limit === 0 ? restarts > 0 : restarts >= limit
}
