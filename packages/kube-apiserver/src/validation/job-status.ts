import { equalJson, type KubeObject } from '@slipway/kube-objects'
import type { FieldError } from '../api/status.ts'
import type { Spec } from '../defaults/spec.ts'
import { duplicate, invalidValue, required } from './field-errors.ts'
import { indexesOf, overlapOf } from './job-indexes.ts'
import { notNegative } from './values.ts'

const AT = 'status'
const CONDITIONS = `${AT}.conditions`

/** A fault of a list of which the value is not told. */
const untold = (field: string, why: string): FieldError => ({
  reason: 'FieldValueInvalid',
  field,
  message: `Invalid value: ${why}`,
})

/** A Job and its status, of which fields are looked at by name only. */
interface Side {
  spec: Spec
  status: Spec
  is: Record<'Complete' | 'Failed' | 'FailureTarget' | 'SuccessCriteriaMet', boolean>
  finished: boolean
}

function sideOf({ spec = {}, status = {} }: KubeObject): Side {
  const is = (type: string) =>
    ((status.conditions ?? []) as Spec[]).some((one) => one.type === type && one.status === 'True')
  const [Complete, Failed] = [is('Complete'), is('Failed')]
  return {
    ...{ spec, status, finished: Complete || Failed },
    is: { Complete, Failed, FailureTarget: is('FailureTarget'), SuccessCriteriaMet: is('SuccessCriteriaMet') },
  }
}

/**
 * What a Job's status may say and become (ValidateJobUpdateStatus). What contradicts itself is only told of fields that
 * change, for a Job's spec may change under its status.
 */
export function jobStatus(next: KubeObject, current: KubeObject): FieldError[] {
  const [job, before] = [sideOf(next), sideOf(current)]
  const { status } = job
  return [
    ...['active', 'succeeded', 'failed', 'ready', 'terminating'].flatMap((field) =>
      notNegative(`${AT}.${field}`, status[field]),
    ),
    ...uncounted(status.uncountedTerminatedPods ?? {}),
    ...contradictions(job, before),
    ...completion(job, before),
    ...unfounded(job, before),
    ...leftovers(job, before),
    ...indexes(job, before),
    ...pods(job, before),
    ...success(job),
    ...regress(job, before),
  ]
}

const changes = (job: Side, before: Side, ...fields: string[]): boolean =>
  fields.some((field) => !equalJson(job.status[field] ?? null, before.status[field] ?? null))
const turns = (job: Side, before: Side, ...types: (keyof Side['is'])[]): boolean =>
  types.some((type) => job.is[type] !== before.is[type])

function uncounted({ succeeded = [], failed = [] }: Spec): FieldError[] {
  const seen = new Set<string>()
  const each = (uids: string[], at: string) =>
    uids.flatMap((uid, index) => {
      const field = `${AT}.uncountedTerminatedPods.${at}[${index}]`
      if (uid === '') return [invalidValue(field, uid, 'must not be empty')]
      if (seen.has(uid)) return [duplicate(field, uid)]
      seen.add(uid)
      return []
    })
  return [...each(succeeded, 'succeeded'), ...each(failed, 'failed')]
}

const conditionFaults = (faults: [boolean, string][]): FieldError[] =>
  faults.filter(([wrong]) => wrong).map(([, why]) => untold(CONDITIONS, why))

/** The end of a Job, of which there is one. */
function contradictions(job: Side, before: Side): FieldError[] {
  const { Complete, Failed, FailureTarget } = job.is
  return conditionFaults([
    [
      turns(job, before, 'Complete', 'Failed') && Complete && Failed,
      'cannot set Complete=True and Failed=true conditions',
    ],
    [
      turns(job, before, 'Complete', 'FailureTarget') && Complete && FailureTarget,
      'cannot set Complete=True and FailureTarget=true conditions',
    ],
  ])
}

/** An end that nothing announced. */
function unfounded(job: Side, before: Side): FieldError[] {
  const { Complete, Failed, FailureTarget, SuccessCriteriaMet } = job.is
  return conditionFaults([
    [
      (turns(job, before, 'Failed') || changes(job, before, 'failedIndexes')) && Failed && !FailureTarget,
      'cannot set Failed=True condition without the FailureTarget=true condition',
    ],
    [
      turns(job, before, 'Complete', 'SuccessCriteriaMet') && Complete && !SuccessCriteriaMet,
      'cannot set Complete=True condition without the SuccessCriteriaMet=true condition',
    ],
  ])
}

function completion(job: Side, before: Side): FieldError[] {
  const { status, is } = job
  const { startTime, completionTime } = status
  const at = `${AT}.completionTime`
  const changed = turns(job, before, 'Complete') || changes(job, before, 'completionTime')
  const early = startTime && completionTime && Date.parse(completionTime) < Date.parse(startTime)
  return [
    ...(changed && completionTime && !is.Complete
      ? [invalidValue(at, completionTime, 'cannot set completionTime when there is no Complete=True condition')]
      : []),
    ...(changed && !completionTime && is.Complete
      ? [required(at, 'completionTime is required for Complete jobs')]
      : []),
    ...(early && changes(job, before, 'startTime', 'completionTime')
      ? [invalidValue(at, completionTime, 'must be equal to or after `startTime`')]
      : []),
  ]
}

/** Whether a Job is over, and that or the field is news. */
const overWith = (job: Side, before: Side, field: string): boolean =>
  job.finished && (!before.finished || changes(job, before, field))

/** A Job that is over has begun, and all its pods are counted. */
function leftovers(job: Side, before: Side): FieldError[] {
  const { status, spec } = job
  const { active = 0, startTime, uncountedTerminatedPods: waiting } = status
  const idle = spec.suspend === true && spec.completions === 0
  const uncounted = (waiting?.succeeded?.length ?? 0) + (waiting?.failed?.length ?? 0)
  return [
    ...(overWith(job, before, 'active') && active > 0
      ? [invalidValue(`${AT}.active`, active, 'active>0 is invalid for finished job')]
      : []),
    ...(overWith(job, before, 'startTime') && !idle && !startTime
      ? [required(`${AT}.startTime`, 'startTime is required for finished job')]
      : []),
    ...(overWith(job, before, 'uncountedTerminatedPods') && uncounted > 0
      ? [
          invalidValue(
            `${AT}.uncountedTerminatedPods`,
            { Succeeded: waiting.succeeded ?? null, Failed: waiting.failed ?? null },
            'must be empty for finished job',
          ),
        ]
      : []),
  ]
}

function pods(job: Side, before: Side): FieldError[] {
  const { active = 0, ready, terminating } = job.status
  return [
    ...(overWith(job, before, 'terminating') && terminating > 0
      ? [invalidValue(`${AT}.terminating`, terminating, 'terminating>0 is invalid for finished job')]
      : []),
    ...(changes(job, before, 'ready', 'active') && ready > active
      ? [invalidValue(`${AT}.ready`, ready, 'cannot set more ready pods than active')]
      : []),
  ]
}

function indexes(job: Side, before: Side): FieldError[] {
  const { completions, backoffLimitPerIndex, completionMode } = job.spec
  const { completedIndexes = '', failedIndexes } = job.status
  const read = (field: string, text: string) => {
    const { fault } = indexesOf(text, completions)
    return fault ? [invalidValue(`${AT}.${field}`, text, `error parsing ${field}: ${fault}`)] : []
  }
  const [completed, failed] = [changes(job, before, 'completedIndexes'), changes(job, before, 'failedIndexes')]
  const told = failedIndexes !== undefined
  const overlap =
    (completed || failed) && told && completions !== undefined
      ? overlapOf(completedIndexes, failedIndexes, completions)
      : undefined
  const unlimited = 'cannot set non-null failedIndexes when backoffLimitPerIndex is null'
  const unindexed = 'cannot set non-empty completedIndexes when non-indexed completion mode'
  return [
    ...(completed && completions !== undefined ? read('completedIndexes', completedIndexes) : []),
    ...(failed && told && completions !== undefined && backoffLimitPerIndex !== undefined
      ? read('failedIndexes', failedIndexes)
      : []),
    ...(completed && completedIndexes && completionMode !== 'Indexed'
      ? [invalidValue(`${AT}.completedIndexes`, completedIndexes, unindexed)]
      : []),
    ...(failed && told && backoffLimitPerIndex === undefined
      ? [invalidValue(`${AT}.failedIndexes`, failedIndexes, unlimited)]
      : []),
    ...(overlap === undefined
      ? []
      : [
          invalidValue(
            `${AT}.failedIndexes`,
            failedIndexes,
            `failedIndexes and completedIndexes overlap at index: ${overlap}`,
          ),
        ]),
  ]
}

function success({ spec, is }: Side): FieldError[] {
  const { Complete, Failed, FailureTarget, SuccessCriteriaMet } = is
  const unmet = 'cannot set Complete=True for Job with SuccessPolicy unless SuccessCriteriaMet=True'
  return conditionFaults([
    [SuccessCriteriaMet && Failed, 'cannot set SuccessCriteriaMet=True and Failed=true conditions'],
    [SuccessCriteriaMet && FailureTarget, 'cannot set SuccessCriteriaMet=True and FailureTarget=true conditions'],
    [Boolean(spec.successPolicy) && !SuccessCriteriaMet && Complete, unmet],
  ])
}

/** What has been said stays said. */
function regress(job: Side, before: Side): FieldError[] {
  const [{ status, spec }, { status: old }] = [job, before]
  const shrinks = (field: string) => (status[field] ?? 0) < (old[field] ?? 0)
  const scalable = spec.completionMode === 'Indexed' && spec.completions === spec.parallelism
  const ended = status.completionTime && old.completionTime && changes(job, before, 'completionTime')
  const restarted = old.startTime && changes(job, before, 'startTime') && !spec.suspend
  const met = before.is.SuccessCriteriaMet
  return [
    ...(['Failed', 'Complete', 'FailureTarget'] as const)
      .filter((type) => before.is[type] && !job.is[type])
      .map((type) => untold(CONDITIONS, `cannot disable the terminal ${type}=True condition`)),
    ...(shrinks('failed')
      ? [invalidValue(`${AT}.failed`, status.failed ?? 0, 'cannot decrease the failed counter')]
      : []),
    ...(!scalable && shrinks('succeeded')
      ? [invalidValue(`${AT}.succeeded`, status.succeeded ?? 0, 'cannot decrease the succeeded counter')]
      : []),
    ...(ended ? [invalidValue(`${AT}.completionTime`, status.completionTime, 'field is immutable')] : []),
    ...(restarted ? [required(`${AT}.startTime`, 'startTime cannot be removed for unsuspended job')] : []),
    ...(met && !job.is.SuccessCriteriaMet
      ? [untold(CONDITIONS, 'cannot disable the SuccessCriteriaMet=True condition')]
      : []),
    ...(before.is.Complete && !met && job.is.SuccessCriteriaMet
      ? [untold(CONDITIONS, 'cannot set SuccessCriteriaMet=True for Job already has Complete=true conditions')]
      : []),
  ]
}
