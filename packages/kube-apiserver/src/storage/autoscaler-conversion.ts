import { isObject, type KubeObject, schemaFor, typedForm } from '@slipway/kube-objects'
import type { Spec } from '../defaults/spec.ts'

// autoscaling/v1 knows one metric, the CPU's utilisation. Everything else is kept in annotations, so that nothing is lost to who reads and
// writes that version (pkg/apis/autoscaling/v1/conversion.go).

const PREFIX = 'autoscaling.alpha.kubernetes.io/'
const METRICS = `${PREFIX}metrics`
const CURRENT_METRICS = `${PREFIX}current-metrics`
const CONDITIONS = `${PREFIX}conditions`
const BEHAVIOR = `${PREFIX}behavior`
const ANNOTATIONS = [METRICS, CURRENT_METRICS, CONDITIONS, BEHAVIOR]

const CPU = 'targetCPUUtilizationPercentage'
const CURRENT_CPU = 'currentCPUUtilizationPercentage'
const DEFAULT_CPU = 80

/** The kinds of metrics, in the order of their fields. */
const SOURCES = ['object', 'pods', 'resource', 'containerResource', 'external'] as const
type Source = (typeof SOURCES)[number]

export function autoscalerV1(object: KubeObject): KubeObject {
  const { metrics = [], behavior, ...spec } = (object.spec ?? {}) as Spec
  const { currentMetrics = [], conditions = [], ...status } = (object.status ?? {}) as Spec
  const target = (metrics as Spec[]).find(isCpuTarget)?.resource.target.averageUtilization
  const current = (currentMetrics as Spec[]).findLast(isOfCpu)?.resource.current?.averageUtilization
  const others = (metrics as Spec[]).filter((metric) => !isCpuTarget(metric))
  const kept = {
    ...(others.length > 0 && { [METRICS]: JSON.stringify(others.map((one) => flat(one, targets))) }),
    ...(currentMetrics.length > 0 && {
      [CURRENT_METRICS]: JSON.stringify((currentMetrics as Spec[]).map((one) => flat(one, values))),
    }),
    ...(behavior && {
      [BEHAVIOR]: JSON.stringify({ ScaleUp: goRules(behavior.scaleUp), ScaleDown: goRules(behavior.scaleDown) }),
    }),
    ...(conditions.length > 0 && { [CONDITIONS]: JSON.stringify((conditions as Spec[]).map(inOrder)) }),
  }
  return {
    ...withAnnotations(object, kept),
    spec: { ...spec, ...(target !== undefined && { [CPU]: target }) },
    ...(object.status && { status: { ...status, ...(current !== undefined && { [CURRENT_CPU]: current }) } }),
  }
}

export function autoscalerV2(object: KubeObject): KubeObject {
  const converted = withKept(object, object.metadata.annotations ?? {})
  const schema = schemaFor({ apiVersion: 'autoscaling/v2', kind: object.kind })
  // Anybody may write annotations: what is no part of an autoscaler is as if it were not there.
  return schema && typedForm(converted, schema).fault !== undefined ? withKept(object, {}) : converted
}

function withKept(object: KubeObject, annotations: Record<string, string>): KubeObject {
  const { [CPU]: target, ...spec } = (object.spec ?? {}) as Spec
  const { [CURRENT_CPU]: current, ...status } = (object.status ?? {}) as Spec
  const others = listIn(annotations[METRICS])
  const metrics = [
    ...(others ?? []).map((one) => deep(one, fromTarget)),
    ...(target === undefined ? [] : [cpuTarget(target)]),
  ]
  const measured = listIn(annotations[CURRENT_METRICS])?.map((one) => deep(one, fromValue))
  const currentMetrics = measured ?? (current === undefined ? undefined : [cpuValue(current)])
  const conditions = listIn(annotations[CONDITIONS])
  const behavior = behaviorIn(annotations[BEHAVIOR])
  return {
    ...withAnnotations(object, {}),
    spec: { ...spec, metrics: metrics.length > 0 ? metrics : [cpuTarget(DEFAULT_CPU)], ...(behavior && { behavior }) },
    ...(object.status && {
      status: { ...status, ...(currentMetrics && { currentMetrics }), ...(conditions && { conditions }) },
    }),
  }
}

const isOfCpu = ({ type, resource }: Spec): boolean => type === 'Resource' && resource?.name === 'cpu'
const isCpuTarget = (metric: Spec): boolean =>
  isOfCpu(metric) && metric.resource.target?.averageUtilization !== undefined

const cpuTarget = (averageUtilization: number): Spec => ({
  type: 'Resource',
  resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization } },
})
const cpuValue = (averageUtilization: number): Spec => ({
  type: 'Resource',
  resource: { name: 'cpu', current: { averageUtilization } },
})

/** The object with these annotations in place of those that it has of this kind. */
function withAnnotations(object: KubeObject, kept: Record<string, string>): KubeObject {
  const { annotations, ...metadata } = object.metadata
  const own = Object.entries(annotations ?? {}).filter(([key]) => !ANNOTATIONS.includes(key))
  const all = { ...Object.fromEntries(own), ...kept }
  return { ...object, metadata: Object.keys(all).length > 0 ? { ...metadata, annotations: all } : metadata }
}

/** What an annotation lists; undefined where it cannot be read, which is as if it were not there. */
function listIn(text: string | undefined): Spec[] | undefined {
  const value = jsonIn(text)
  return Array.isArray(value) && value.every(isObject) ? value : undefined
}

function jsonIn(text = ''): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** A metric of version 2 as version 1 has it, the fields of its source in Go's order. */
function flat(metric: Spec, fieldsOf: (source: Source, of: Spec) => Spec): Spec {
  const entries = SOURCES.filter((source) => metric[source]).map((source) => [source, fieldsOf(source, metric[source])])
  return { type: metric.type, ...Object.fromEntries(entries) }
}

function deep(metric: Spec, fieldsOf: (source: Source, of: Spec) => Spec): Spec {
  return flat(metric, (source, of) => defined(fieldsOf(source, of)))
}

function targets(source: Source, { metric, describedObject, target = {}, name, container }: Spec): Spec {
  const { value, averageValue, averageUtilization } = target
  switch (source) {
    case 'object': {
      const own = { target: reference(describedObject), metricName: metric.name, targetValue: value ?? '0' }
      return { ...own, selector: metric.selector, averageValue }
    }
    case 'pods':
      return { metricName: metric.name, targetAverageValue: averageValue ?? '0', selector: metric.selector }
    case 'external': {
      const own = { metricName: metric.name, metricSelector: metric.selector }
      return { ...own, targetValue: value, targetAverageValue: averageValue }
    }
    default:
      return { name, targetAverageUtilization: averageUtilization, targetAverageValue: averageValue, container }
  }
}

function values(source: Source, { metric, describedObject, current = {}, name, container }: Spec): Spec {
  const { value = '0', averageValue, averageUtilization } = current
  switch (source) {
    case 'object': {
      const own = { target: reference(describedObject), metricName: metric.name, currentValue: value }
      return { ...own, selector: metric.selector, averageValue }
    }
    case 'pods':
      return { metricName: metric.name, currentAverageValue: averageValue ?? '0', selector: metric.selector }
    case 'external': {
      const own = { metricName: metric.name, metricSelector: metric.selector }
      return { ...own, currentValue: value, currentAverageValue: averageValue }
    }
    default: {
      const own = { name, currentAverageUtilization: averageUtilization }
      return { ...own, currentAverageValue: averageValue ?? '0', container }
    }
  }
}

function fromTarget(source: Source, of: Spec): Spec {
  const { metricName, selector, metricSelector, target, targetValue, averageValue, targetAverageValue, name } = of
  const metric = defined({ name: metricName, selector: selector ?? metricSelector })
  const goal = (fields: Spec) => defined({ type: fields.value !== undefined ? 'Value' : 'AverageValue', ...fields })
  switch (source) {
    case 'object': {
      const type = averageValue === undefined ? 'Value' : 'AverageValue'
      return { describedObject: target, target: goal({ type, value: targetValue ?? '0', averageValue }), metric }
    }
    case 'pods':
      return { metric, target: goal({ averageValue: targetAverageValue ?? '0' }) }
    case 'external':
      return { metric, target: goal({ value: targetValue, averageValue: targetAverageValue }) }
    default: {
      const { targetAverageUtilization: averageUtilization, container } = of
      const type = averageUtilization === undefined ? 'AverageValue' : 'Utilization'
      return { name, target: goal({ type, averageUtilization, averageValue: targetAverageValue }), container }
    }
  }
}

function fromValue(source: Source, of: Spec): Spec {
  const { metricName, selector, metricSelector, target, currentValue, averageValue, currentAverageValue, name } = of
  const metric = defined({ name: metricName, selector: selector ?? metricSelector })
  switch (source) {
    case 'object':
      return { metric, current: defined({ value: currentValue, averageValue }), describedObject: target }
    case 'pods':
      return { metric, current: { averageValue: currentAverageValue } }
    case 'external':
      return { metric, current: defined({ value: currentValue, averageValue: currentAverageValue }) }
    default: {
      const { currentAverageUtilization: averageUtilization, container } = of
      return { name, current: defined({ averageValue: currentAverageValue, averageUtilization }), container }
    }
  }
}

const reference = ({ kind, name, apiVersion }: Spec): Spec => ({ kind, name, ...(apiVersion && { apiVersion }) })
const inOrder = ({ type, status, lastTransitionTime = null, reason, message }: Spec): Spec =>
  defined({ type, status, lastTransitionTime, reason: reason || undefined, message: message || undefined })

function defined(fields: Spec): Spec {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined))
}

/** Of the behaviour Go writes its own struct, which has no names of JSON. */
function goRules(rules: Spec | undefined): unknown {
  if (!rules) return null
  const policies: Spec[] | undefined = rules.policies
  return {
    StabilizationWindowSeconds: rules.stabilizationWindowSeconds ?? null,
    SelectPolicy: rules.selectPolicy ?? null,
    Policies:
      policies?.map(({ type, value, periodSeconds }) => ({ Type: type, Value: value, PeriodSeconds: periodSeconds })) ??
      null,
    Tolerance: rules.tolerance ?? null,
  }
}

function behaviorIn(text: string | undefined): Spec | undefined {
  const { ScaleUp, ScaleDown } = (jsonIn(text) ?? {}) as Spec
  if (!ScaleUp && !ScaleDown) return undefined
  return defined({ scaleUp: rulesOf(ScaleUp), scaleDown: rulesOf(ScaleDown) })
}

function rulesOf(go: Spec | undefined): Spec | undefined {
  if (!go) return undefined
  const { StabilizationWindowSeconds, SelectPolicy, Policies, Tolerance } = go
  return defined({
    stabilizationWindowSeconds: StabilizationWindowSeconds ?? undefined,
    selectPolicy: SelectPolicy ?? undefined,
    policies: Array.isArray(Policies) ? Policies.filter(isObject).map(policyOf) : undefined,
    tolerance: Tolerance ?? undefined,
  })
}

const policyOf = ({ Type, Value, PeriodSeconds }: Spec): Spec => ({
  type: Type,
  value: Value,
  periodSeconds: PeriodSeconds,
})
