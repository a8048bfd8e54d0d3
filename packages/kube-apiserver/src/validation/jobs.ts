import { labelNameErrors, qualifiedNameErrors } from '@slipway/kube-objects'
import type { FieldError } from '../api/status.ts'
import type { Spec } from '../defaults/spec.ts'
import type { TypeRules } from './check-types.ts'
import { scheduleFault } from './cron-schedule.ts'
import { duplicate, invalidValue, notSupported, required, tooLong } from './field-errors.ts'
import { internalStruct } from './internal-struct.ts'
import { indexesOf } from './job-indexes.ts'
import { repeats } from './repeats.ts'
import { domainPrefixedPath, notNegative, oneOf } from './values.ts'
import { matched, mismatch } from './workloads.ts'

/** Workloads that end (batch/validation). */
export const jobRules: TypeRules = {
  'batch/v1.Job': ({ metadata, spec }) =>
    spec ? [...generatedSelector(metadata, spec), ...ownSelector(spec), ...hostnames(metadata.name, spec)] : [],
  'batch/v1.JobSpec': jobSpec,
  'batch/v1.CronJobSpec': (spec, at) => [
    ...schedule(spec, `${at}.schedule`),
    ...notNegative(`${at}.startingDeadlineSeconds`, spec.startingDeadlineSeconds),
    ...timeZone(spec.timeZone, `${at}.timeZone`),
    ...oneOf(`${at}.concurrencyPolicy`, spec.concurrencyPolicy, ['Allow', 'Forbid', 'Replace']),
    ...notNegative(`${at}.successfulJobsHistoryLimit`, spec.successfulJobsHistoryLimit),
    ...notNegative(`${at}.failedJobsHistoryLimit`, spec.failedJobsHistoryLimit),
  ],
  'batch/v1.JobTemplateSpec': ({ spec = {} }, at) => [
    ...(spec.selector ? [invalidValue(`${at}.spec.selector`, spec.selector, '`selector` will be auto-generated')] : []),
    ...(spec.manualSelector ? [notSupported(`${at}.spec.manualSelector`, true, ['nil', 'false'])] : []),
  ],
}

const COUNTS = [
  ...['parallelism', 'completions', 'activeDeadlineSeconds', 'backoffLimit', 'ttlSecondsAfterFinished'],
  ...['backoffLimitPerIndex', 'maxFailedIndexes'],
]

function jobSpec(spec: Spec, at: string): FieldError[] {
  return [
    ...COUNTS.flatMap((field) => notNegative(`${at}.${field}`, spec[field])),
    ...(spec.maxFailedIndexes !== undefined && spec.backoffLimitPerIndex === undefined
      ? [required(`${at}.backoffLimitPerIndex`, 'when maxFailedIndexes is specified')]
      : []),
    ...(spec.managedBy === undefined ? [] : domainPrefixedPath(`${at}.managedBy`, spec.managedBy)),
    ...(spec.managedBy?.length > 63 ? [tooLong(`${at}.managedBy`, 63)] : []),
    ...completionMode(spec, at),
    ...failurePolicy(spec, `${at}.podFailurePolicy`),
    ...successPolicy(spec, `${at}.successPolicy`),
    ...(spec.podFailurePolicy && spec.podReplacementPolicy && spec.podReplacementPolicy !== 'Failed'
      ? [notSupported(`${at}.podReplacementPolicy`, spec.podReplacementPolicy, ['Failed'])]
      : []),
    ...restart(spec, `${at}.template.spec.restartPolicy`),
  ]
}

function completionMode(spec: Spec, at: string): FieldError[] {
  const { completionMode: mode = 'NonIndexed' } = spec
  if (mode === 'Indexed') return indexed(spec, at)
  if (mode === 'NonIndexed') return notIndexed(spec, at)
  return [notSupported(`${at}.completionMode`, mode, ['NonIndexed', 'Indexed'])]
}

function indexed(spec: Spec, at: string): FieldError[] {
  const { completions, parallelism, maxFailedIndexes } = spec
  const most = 100_000
  return [
    ...(completions === undefined ? [required(`${at}.completions`, 'when completion mode is Indexed')] : []),
    ...(parallelism > most
      ? [
          invalidValue(
            `${at}.parallelism`,
            parallelism,
            `must be less than or equal to ${most} when completion mode is Indexed`,
          ),
        ]
      : []),
    ...(maxFailedIndexes > completions
      ? [invalidValue(`${at}.maxFailedIndexes`, maxFailedIndexes, 'must be less than or equal to completions')]
      : []),
    ...(maxFailedIndexes > most
      ? [invalidValue(`${at}.maxFailedIndexes`, maxFailedIndexes, `must be less than or equal to ${most}`)]
      : []),
    ...(completions > most && spec.backoffLimitPerIndex !== undefined ? manyIndexes(spec, at) : []),
  ]
}

/** The indexes that failed one by one have to fit into the status. */
function manyIndexes({ parallelism, maxFailedIndexes }: Spec, at: string): FieldError[] {
  const why = 'when completions are above 100000 and used with backoff limit per index'
  const below = (field: string, value: number, most: number) =>
    value > most ? [invalidValue(`${at}.${field}`, value, `must be less than or equal to ${most} ${why}`)] : []
  return [
    ...(maxFailedIndexes === undefined
      ? [required(`${at}.maxFailedIndexes`, 'must be specified when completions is above 100000')]
      : []),
    ...below('parallelism', parallelism, 10_000),
    ...below('maxFailedIndexes', maxFailedIndexes, 10_000),
  ]
}

function notIndexed(spec: Spec, at: string): FieldError[] {
  return ['backoffLimitPerIndex', 'maxFailedIndexes']
    .filter((field) => spec[field] !== undefined)
    .map((field) => invalidValue(`${at}.${field}`, spec[field], 'requires indexed completion mode'))
}

function restart({ template, podFailurePolicy }: Spec, at: string): FieldError[] {
  const policy = template?.spec?.restartPolicy
  if (!policy || policy === 'Always') return [required(at, 'valid values: "OnFailure", "Never"')]
  if (policy !== 'OnFailure' && policy !== 'Never') return [notSupported(at, policy, ['OnFailure', 'Never'])]
  if (!podFailurePolicy || policy === 'Never') return []
  return [invalidValue(at, policy, 'only "Never" is supported when podFailurePolicy is specified')]
}

/** By which a Job knows its pods, unless it says itself how. */
export const generatedLabels = (uid: string, name: string): Record<string, string> => ({
  'controller-uid': uid,
  'job-name': name,
  'batch.kubernetes.io/controller-uid': uid,
  'batch.kubernetes.io/job-name': name,
})

/** Who sets labels or a selector in their place would count the pods of others (validateGeneratedSelector). */
function generatedSelector({ uid = '', name = '' }: Spec, { manualSelector, selector, template }: Spec): FieldError[] {
  if (manualSelector || !selector) return []
  const labels: Record<string, string> = template?.metadata?.labels ?? {}
  const expected = generatedLabels(uid, name)
  return [
    ...Object.entries(expected).flatMap(([key, value]) => {
      const field = `spec.template.metadata.labels[${key}]`
      if (labels[key] === undefined) return [required(field, `must be '${value}'`)]
      return labels[key] === value ? [] : [invalidValue(field, labels, `must be '${value}'`)]
    }),
    ...(matched(selector, expected) === 'no'
      ? [invalidValue('spec.selector', selector, '`selector` not auto-generated')]
      : []),
  ]
}

/** The selector of a Job itself; that of a CronJob's template comes later. */
function ownSelector(spec: Spec): FieldError[] {
  if (!spec.selector) return [required('spec.selector'), mismatch(spec.template, 'spec')]
  return matched(spec.selector, spec.template?.metadata?.labels) === 'no' ? [mismatch(spec.template, 'spec')] : []
}

/** The pods of an indexed Job are called by its name and their index. */
function hostnames(name = '', { completionMode, completions }: Spec): FieldError[] {
  if (completionMode !== 'Indexed' || !(completions > 0)) return []
  const last = `${name}-${completions - 1}`
  if (labelNameErrors(last).length === 0) return []
  return [invalidValue('metadata.name', name, `will not able to create pod with invalid DNS label: ${last}`)]
}

const ACTIONS = ['Count', 'FailIndex', 'FailJob', 'Ignore']

function failurePolicy({ podFailurePolicy, template, backoffLimitPerIndex }: Spec, at: string): FieldError[] {
  const { containers = [], initContainers = [] } = template?.spec ?? {}
  const names = [...containers, ...initContainers].map(({ name }: Spec) => name)
  return ((podFailurePolicy?.rules ?? []) as Spec[]).flatMap(({ action, onExitCodes, onPodConditions = [] }, index) => {
    const field = `${at}.rules[${index}]`
    const count = (onExitCodes ? 1 : 0) + (onPodConditions.length > 0 ? 1 : 0)
    const choice =
      count === 0
        ? 'specifying one of OnExitCodes and OnPodConditions is required'
        : 'specifying both OnExitCodes and OnPodConditions is not supported'
    return [
      ...oneOf(`${field}.action`, action, ACTIONS, `valid values: ${shown(ACTIONS)}`),
      ...(action === 'FailIndex' && backoffLimitPerIndex === undefined
        ? [invalidValue(`${field}.action`, action, 'requires the backoffLimitPerIndex to be set')]
        : []),
      ...(onExitCodes ? exitCodes(onExitCodes, names, `${field}.onExitCodes`) : []),
      ...onPodConditions.flatMap((pattern: Spec, at: number) =>
        podCondition(pattern, `${field}.onPodConditions[${at}]`),
      ),
      ...(count === 1 ? [] : [{ reason: 'FieldValueInvalid' as const, field, message: `Invalid value: ${choice}` }]),
    ]
  })
}

const shown = (words: string[]): string => `[${words.map((word) => JSON.stringify(word)).join(' ')}]`

function exitCodes({ operator, containerName, values = [] }: Spec, names: string[], at: string): FieldError[] {
  const repeated = repeats(values)
  const sorted = values.toSorted((a: number, b: number) => a - b)
  return [
    ...oneOf(`${at}.operator`, operator, ['In', 'NotIn'], 'valid values: ["In" "NotIn"]'),
    ...(containerName !== undefined && !names.includes(containerName)
      ? [
          invalidValue(
            `${at}.containerName`,
            containerName,
            'must be one of the container or initContainer names in the pod template',
          ),
        ]
      : []),
    ...(values.length === 0 ? [invalidValue(`${at}.values`, values, 'at least one value is required')] : []),
    ...values.flatMap((value: number, index: number) => [
      ...(operator === 'In' && value === 0
        ? [invalidValue(`${at}.values[${index}]`, value, 'must not be 0 for the In operator')]
        : []),
      ...(repeated[index] ? [duplicate(`${at}.values[${index}]`, value)] : []),
    ]),
    ...(values.some((value: number, index: number) => value !== sorted[index])
      ? [invalidValue(`${at}.values`, values, 'must be ordered')]
      : []),
  ]
}

const STATUSES = ['False', 'True', 'Unknown']

function podCondition({ type = '', status }: Spec, at: string): FieldError[] {
  return [
    ...qualifiedNameErrors(type).map((why) => invalidValue(`${at}.type`, type, why)),
    ...oneOf(`${at}.status`, status, STATUSES, `valid values: ${shown(STATUSES)}`),
  ]
}

const MOST_INDEXES = 64 * 1024

function successPolicy({ successPolicy: policy, completionMode, completions = 0 }: Spec, at: string): FieldError[] {
  if (!policy) return []
  if (completionMode !== 'Indexed')
    return [invalidValue(at, internalStruct(policy, 'batch.SuccessPolicy'), 'requires indexed completion mode')]
  const rules: Spec[] = policy.rules ?? []
  if (rules.length === 0) {
    return [required(`${at}.rules`, 'at least one rules must be specified when the successPolicy is specified')]
  }
  return rules.flatMap(({ succeededCount, succeededIndexes }, index) => {
    const field = `${at}.rules[${index}]`
    const excess = `must be less than or equal to ${completions} (the number of specified completions)`
    const { total, fault } = indexesOf(succeededIndexes ?? '', completions)
    const beyond = `must be less than or equal to ${total} (the number of indexes in the specified succeededIndexes field)`
    return [
      ...(succeededCount === undefined && succeededIndexes === undefined
        ? [required(field, 'at least one of succeededCount or succeededIndexes must be specified')]
        : []),
      ...(succeededIndexes?.length > MOST_INDEXES ? [tooLong(`${field}.succeededIndexes`, MOST_INDEXES)] : []),
      ...(fault
        ? [invalidValue(`${field}.succeededIndexes`, succeededIndexes, `error parsing succeededIndexes: ${fault}`)]
        : []),
      ...notNegative(`${field}.succeededCount`, succeededCount),
      ...(succeededCount > completions ? [invalidValue(`${field}.succeededCount`, succeededCount, excess)] : []),
      ...(succeededIndexes !== undefined && succeededCount > total
        ? [invalidValue(`${field}.succeededCount`, succeededCount, beyond)]
        : []),
    ]
  })
}

function schedule({ schedule: text }: Spec, at: string): FieldError[] {
  if (!text) return [required(at)]
  const fault = scheduleFault(text)
  return [
    ...(fault === undefined ? [] : [invalidValue(at, text, fault)]),
    ...(text.includes('TZ')
      ? [invalidValue(at, text, 'cannot use TZ or CRON_TZ in schedule, use timeZone field instead')]
      : []),
  ]
}

function timeZone(zone: string | undefined, at: string): FieldError[] {
  if (zone === undefined) return []
  if (zone === '') return [invalidValue(at, zone, 'timeZone must be nil or non-empty string')]
  if (zone.toLowerCase() === 'local') {
    const why = 'timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones'
    return [invalidValue(at, zone, why)]
  }
  try {
    new Intl.DateTimeFormat('en', { timeZone: zone })
    return []
  } catch {
    return [invalidValue(at, zone, `unknown time zone ${zone}`)]
  }
}
