import { labelNameErrors, qualifiedNameErrors, subdomainNameErrors } from '@slipway/kube-objects'
import type { FieldError } from '../api/status.ts'
import type { Spec } from '../defaults/spec.ts'
import type { TypeRules } from './check-types.ts'
import { duplicate, forbiddenField, invalidValue, required } from './field-errors.ts'
import { containerResources } from './resources.ts'
import { tolerationErrors } from './scheduling.ts'
import { labels, oneOf } from './values.ts'

/** What concerns the cluster as a whole: priorities, runtimes, leases, events. */
export const clusterRules: TypeRules = {
  'scheduling/v1.PriorityClass': ({ metadata, value = 0, preemptionPolicy }) => {
    const policy = oneOf('preemptionPolicy', preemptionPolicy, ['PreemptLowerPriority', 'Never'])
    const system: Record<string, number> = {
      'system-node-critical': 2_000_001_000,
      'system-cluster-critical': 2_000_000_000,
    }
    const { name } = metadata
    if (!name?.startsWith('system-')) {
      if (value <= 1_000_000_000) return policy
      return [...policy, forbiddenField('value', 'maximum allowed value of a user defined priority is 1000000000')]
    }
    if (system[name] === value) return []
    const why =
      system[name] === undefined
        ? `${name} is not a known system priority class`
        : `value of ${name} PriorityClass must be ${system[name]}`
    const reserved = "priority class names with 'system-' prefix are reserved for system use only. error:"
    return [forbiddenField('metadata.name', `${reserved} ${why}`)]
  },
  'node/v1.RuntimeClass': ({ handler = '', overhead, scheduling }) => [
    ...labelNameErrors(handler).map((why) => invalidValue('handler', handler, why)),
    ...(overhead?.podFixed ? containerResources({ limits: overhead.podFixed }, 'overhead') : []),
    ...labels('scheduling.nodeSelector', scheduling?.nodeSelector),
    // The path is Kubernetes'.
    ...((scheduling?.tolerations ?? []) as Spec[]).flatMap((one, index) =>
      tolerationErrors(one, `scheduling.tolerations.tolerations[${index}]`),
    ),
    ...repeatedTolerations(scheduling?.tolerations ?? []),
  ],
  'coordination/v1.LeaseSpec': ({ leaseDurationSeconds, leaseTransitions }, at) => [
    ...(leaseDurationSeconds <= 0
      ? [invalidValue(`${at}.leaseDurationSeconds`, leaseDurationSeconds, 'must be greater than 0')]
      : []),
    ...(leaseTransitions < 0
      ? [invalidValue(`${at}.leaseTransitions`, leaseTransitions, 'must be greater than or equal to 0')]
      : []),
  ],
  'core/v1.Event': (event) => eventErrors(event, event.involvedObject ?? {}, 'reportingComponent'),
  'events/v1.Event': (event) => [
    ...eventErrors(event, event.regarding ?? {}, 'reportingController'),
    ...(event.eventTime ? [] : [required('eventTime')]),
    ...(event.type === 'Normal' || event.type === 'Warning'
      ? []
      : [invalidValue('type', '', `has invalid value: ${event.type ?? ''}`)]),
    ...deprecated(event),
    ...(event.series ? seriesErrors(event.series) : []),
  ],
}

function repeatedTolerations(tolerations: Spec[]): FieldError[] {
  const seen = new Set<string>()
  return tolerations.flatMap(({ key, operator, value, effect, tolerationSeconds = null }, index) => {
    const id = JSON.stringify([key, operator, value, effect])
    if (!seen.has(id)) {
      seen.add(id)
      return []
    }
    // Shown as the Go type that it is, not as its JSON.
    const [Key = '', Operator = '', Value = '', Effect = ''] = [key, operator, value, effect]
    const shown = { Key, Operator, Value, Effect, TolerationSeconds: tolerationSeconds }
    return [duplicate(`scheduling.tolerations[${index}]`, shown)]
  })
}

const LIMITS = { reportingInstance: 128, action: 128, reason: 128 }

function eventErrors(event: Spec, about: Spec, reporter: string): FieldError[] {
  const { metadata, eventTime } = event
  const namespace: string = metadata.namespace ?? ''
  const stray = eventTime
    ? !about.namespace && !['default', 'kube-system'].includes(namespace)
    : about.namespace
      ? about.namespace !== namespace
      : !['', 'default'].includes(namespace)
  const field = 'involvedObject.namespace'
  return [
    ...(stray ? [invalidValue(field, about.namespace ?? '', 'does not match event.namespace')] : []),
    ...(eventTime ? reported(event, reporter) : []),
    ...subdomainNameErrors(namespace).map((why) => invalidValue('namespace', namespace, why)),
  ]
}

/** Events of the newer kind say who reports, and what was done. */
function reported(event: Spec, reporter: string): FieldError[] {
  const controller: string = event[reporter] ?? ''
  const text = event.note ?? event.message ?? ''
  return [
    ...(controller ? [] : [required(reporter)]),
    ...qualifiedNameErrors(controller).map((why) => invalidValue(reporter, controller, why)),
    ...Object.entries(LIMITS).flatMap(([field, most]) => {
      if (!event[field]) return [required(field)]
      if (event[field].length <= most) return []
      return [invalidValue(field, '', `can have at most ${most} characters`)]
    }),
    ...(text.length > 1024 ? [invalidValue('message', '', 'can have at most 1024 characters')] : []),
  ]
}

function seriesErrors({ count = 0, lastObservedTime }: Spec): FieldError[] {
  return [
    ...(count < 2 ? [invalidValue('series.count', '', 'should be at least 2')] : []),
    ...(lastObservedTime ? [] : [required('series.lastObservedTime')]),
  ]
}

function deprecated(event: Spec): FieldError[] {
  const fields = {
    deprecatedFirstTimestamp: 'firstTimestamp',
    deprecatedLastTimestamp: 'lastTimestamp',
    deprecatedCount: 'count',
  }
  const { component, host } = event.deprecatedSource ?? {}
  return [
    ...Object.entries(fields)
      .filter(([field]) => event[field])
      .map(([, shown]) => invalidValue(shown, '', 'needs to be unset')),
    ...(component || host ? [invalidValue('source', '', 'needs to be unset')] : []),
  ]
}
