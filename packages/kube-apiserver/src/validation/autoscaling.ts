import { parseQuantity } from '@slipway/kube-objects'
import type { FieldError } from '../api/status.ts'
import type { Spec } from '../defaults/spec.ts'
import type { TypeRules } from './check-types.ts'
import { forbiddenField, invalidValue, notSupported, required } from './field-errors.ts'
import { type GoFields, goStruct } from './go-struct.ts'
import { containerResourceName } from './resources.ts'
import { atMostAll, countOrPercent, label, segment, segmentErrors } from './values.ts'

/** How many pods there are, and how many may go (autoscaling and policy). */
export const autoscalingRules: TypeRules = {
  'autoscaling/v2.HorizontalPodAutoscalerSpec': autoscaler,
  'autoscaling/v2.CrossVersionObjectReference': target,
  'autoscaling/v2.MetricSpec': metric,
  'autoscaling/v2.HPAScalingRules': scalingRules,
  'policy/v1.PodDisruptionBudgetSpec': (spec, at) => [
    ...(spec.minAvailable !== undefined && spec.maxUnavailable !== undefined
      ? [invalidValue(at, goStruct(spec, BUDGET), 'minAvailable and maxUnavailable cannot be both set')]
      : []),
    ...['minAvailable', 'maxUnavailable'].flatMap((field) => [
      ...countOrPercent(`${at}.${field}`, spec[field]),
      ...atMostAll(`${at}.${field}`, spec[field]),
    ]),
  ],
}

const BUDGET: GoFields = {
  MinAvailable: 'minAvailable',
  Selector: 'selector',
  MaxUnavailable: 'maxUnavailable',
  UnhealthyPodEvictionPolicy: 'unhealthyPodEvictionPolicy',
}

const TO_ZERO = 'must specify at least one Object or External metric to support scaling to zero replicas'

function autoscaler({ minReplicas, maxReplicas = 0, metrics = [] }: Spec, at: string): FieldError[] {
  const mayRest = metrics.some(({ type }: Spec) => type === 'Object' || type === 'External')
  return [
    ...(minReplicas < 1 ? [invalidValue(`${at}.minReplicas`, minReplicas, 'must be greater than or equal to 1')] : []),
    ...(maxReplicas < 1 ? [invalidValue(`${at}.maxReplicas`, maxReplicas, 'must be greater than 0')] : []),
    ...(maxReplicas < minReplicas
      ? [invalidValue(`${at}.maxReplicas`, maxReplicas, 'must be greater than or equal to `minReplicas`')]
      : []),
    ...(minReplicas === 0 && !mayRest ? [forbiddenField(`${at}.metrics`, TO_ZERO)] : []),
  ]
}

function target({ kind, name, apiVersion = '' }: Spec, at: string): FieldError[] {
  const parts = apiVersion.split('/')
  const malformed = parts.length > 2 ? [`unexpected GroupVersion string: ${apiVersion}`] : []
  return [
    ...segment(`${at}.kind`, kind),
    ...segment(`${at}.name`, name),
    ...malformed.map((why) => invalidValue(`${at}.apiVersion`, apiVersion, why)),
    // The scale subresource is found by the group, which only the one that the core group can scale has not.
    ...(at.endsWith('.scaleTargetRef') && kind !== 'ReplicationController' && (parts.length < 2 || parts[0] === '')
      ? [invalidValue(`${at}.apiVersion`, apiVersion, 'apiVersion must specify API group')]
      : []),
  ]
}

const SOURCES = {
  ContainerResource: 'containerResource',
  External: 'external',
  Object: 'object',
  Pods: 'pods',
  Resource: 'resource',
}
type Source = (typeof SOURCES)[keyof typeof SOURCES]
/** Of several sources the first of these is looked at. */
const LOOKED_AT: Source[] = ['object', 'external', 'pods', 'resource', 'containerResource']

function metric(spec: Spec, at: string): FieldError[] {
  const { type = '' } = spec
  const wanted = SOURCES[type as keyof typeof SOURCES] as Source | undefined
  const unknown = wanted ? [] : [notSupported(`${at}.type`, type, Object.keys(SOURCES))]
  const present = LOOKED_AT.filter((source) => spec[source])
  const [first] = present
  return [
    ...(type ? [] : [required(`${at}.type`, 'must specify a metric source type')]),
    ...unknown,
    ...(first ? metricSource(first, spec[first], `${at}.${first}`) : []),
    ...(wanted && !spec[wanted]
      ? [required(`${at}.${wanted}`, 'must populate information for the given metric source')]
      : []),
    ...unknown,
    ...(present.length === 1 ? [] : present)
      .filter((source) => source !== wanted)
      .map((source) => forbiddenField(`${at}.${source}`, 'must populate the given metric source only')),
  ]
}

function metricSource(source: Source, spec: Spec, at: string): FieldError[] {
  const { metric: asked = {}, target: aim = {} } = spec
  const isResource = source === 'resource' || source === 'containerResource'
  return [
    ...(isResource ? resourceNames(source, spec, at) : identifier(asked, `${at}.metric`)),
    ...metricTarget(aim, `${at}.target`),
    ...amounts(source, aim, `${at}.target`),
  ]
}

function identifier({ name }: Spec, at: string): FieldError[] {
  if (!name) return [required(`${at}.name`, 'must specify a metric name')]
  return segmentErrors(name).map((why) => invalidValue(`${at}.name`, name, why))
}

function resourceNames(source: Source, { name, container }: Spec, at: string): FieldError[] {
  const unnamed = name ? [] : [required(`${at}.name`, 'must specify a resource name')]
  if (source === 'resource') return unnamed
  return [
    ...unnamed,
    ...(name ? containerResourceName(`${at}.name`, name) : []),
    ...(container ? label(`${at}.container`, container) : [required(`${at}.container`, 'must specify a container')]),
  ]
}

/** What each source must be aimed at. */
function amounts(source: Source, { value, averageValue, averageUtilization }: Spec, at: string): FieldError[] {
  const absent = (field: string, why: string) => [required(`${at}.${field}`, why)]
  switch (source) {
    case 'object':
      return (value ?? averageValue) ? [] : absent('averageValue', 'must set either a target value or averageValue')
    case 'pods':
      return averageValue ? [] : absent('averageValue', 'must specify a positive target averageValue')
    case 'external': {
      const either = 'must set either a target value for metric or a per-pod target'
      if (!(value ?? averageValue)) return absent('averageValue', either)
      if (!(value && averageValue)) return []
      return [forbiddenField(`${at}.value`, 'may not set both a target value for metric and a per-pod target')]
    }
    default: {
      if (averageUtilization === undefined && !averageValue) {
        return absent('averageUtilization', 'must set either a target raw value or a target utilization')
      }
      if (averageUtilization === undefined || !averageValue) return []
      return [forbiddenField(`${at}.averageValue`, 'may not set both a target raw value and a target utilization')]
    }
  }
}

function metricTarget({ type, value, averageValue, averageUtilization }: Spec, at: string): FieldError[] {
  const positive = (field: string, quantity: string | undefined) =>
    quantity !== undefined && parseQuantity(quantity) <= 0n
      ? [invalidValue(`${at}.${field}`, quantity, 'must be positive')]
      : []
  return [
    ...(type ? [] : [required(`${at}.type`, 'must specify a metric target type')]),
    ...(['Utilization', 'Value', 'AverageValue'].includes(type)
      ? []
      : [invalidValue(`${at}.type`, type ?? '', 'must be either Utilization, Value, or AverageValue')]),
    ...positive('value', value),
    ...positive('averageValue', averageValue),
    ...(averageUtilization < 1
      ? [invalidValue(`${at}.averageUtilization`, averageUtilization, 'must be greater than 0')]
      : []),
  ]
}

function scalingRules({ stabilizationWindowSeconds: window, selectPolicy, policies = [] }: Spec, at: string) {
  return [
    ...(window < 0
      ? [invalidValue(`${at}.stabilizationWindowSeconds`, window, 'must be greater than or equal to zero')]
      : []),
    ...(window > 3600
      ? [invalidValue(`${at}.stabilizationWindowSeconds`, window, 'must be less than or equal to 3600')]
      : []),
    ...(selectPolicy && !['Disabled', 'Max', 'Min'].includes(selectPolicy)
      ? [notSupported(`${at}.selectPolicy`, selectPolicy, ['Disabled', 'Max', 'Min'])]
      : []),
    ...(policies.length === 0 ? [required(`${at}.policies`, 'must specify at least one Policy')] : []),
    ...policies.flatMap((policy: Spec, index: number) => scalingPolicy(policy, `${at}.policies[${index}]`)),
  ]
}

function scalingPolicy({ type = '', value = 0, periodSeconds = 0 }: Spec, at: string): FieldError[] {
  const positive = (field: string, number: number) =>
    number > 0 ? [] : [invalidValue(`${at}.${field}`, number, 'must be greater than zero')]
  return [
    ...(['Pods', 'Percent'].includes(type) ? [] : [notSupported(`${at}.type`, type, ['Percent', 'Pods'])]),
    ...positive('value', value),
    ...positive('periodSeconds', periodSeconds),
    ...(periodSeconds > 1800
      ? [invalidValue(`${at}.periodSeconds`, periodSeconds, 'must be less than or equal to 1800')]
      : []),
  ]
}
