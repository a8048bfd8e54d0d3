import { messageOf } from '@slipway/errors'
import { canonicalQuantity, labelRequirements, printedSelector } from '@slipway/kube-objects'
import type { LabelSelector, Pod } from '../../model/pod.ts'
import type { MetricSpec, MetricTarget } from './autoscaler.ts'
import { type MetricsApis, milli } from './metrics.ts'
import { averageRule, isWithin, replicasFor, replicasForRatio, type Usage, utilizationRule } from './usage.ts'

/** What one metric asks for, what it is called in events, and what the status says of it. */
export interface Proposal {
  replicas: number
  name: string
  status: Record<string, unknown>
}

/** A metric that can't be had: with the reason and the message of the condition that says so. */
export class MetricFault extends Error {
  readonly reason: string
  /** What failed, with what led to it. */
  readonly whole: string

  constructor(reason: string, what: string, cause: unknown) {
    super(messageOf(cause), { cause })
    this.name = 'MetricFault'
    this.reason = reason
    this.whole = `failed to get ${what}: ${messageOf(cause)}`
  }
}

/** The object that is scaled, as it is. */
export interface Target {
  namespace: string
  /** How many pods are wanted now, and how many there are. */
  wanted: number
  present: number
  selector: string
  pods: Pod[]
  now: number
}

/** How many pods one metric asks for. Throws MetricFault. */
export async function proposalOf(spec: MetricSpec, target: Target, metrics: MetricsApis): Promise<Proposal> {
  const { reason, what } = faultOf(spec)
  try {
    const { resource, containerResource: of, pods, object, external } = spec
    if (resource) return await resourceProposal(resource, target, metrics)
    if (of) return await resourceProposal(of, target, metrics)
    if (pods) return await podsProposal(pods, target, metrics)
    if (object) return await objectProposal(object, target, metrics)
    if (external) return await externalProposal(external, target, metrics)
    throw new Error(`unknown metric source type "${spec.type}"`)
  } catch (error) {
    throw new MetricFault(reason, what, error)
  }
}

/** The reason of a condition that says that a metric can't be had, and what the event says besides its message. */
function faultOf({ type, resource, containerResource, object, external }: MetricSpec): {
  reason: string
  what: string
} {
  const reason = `FailedGet${type}Metric`
  if (type === 'Resource') return { reason, what: `${resource?.name} resource metric value` }
  if (type === 'ContainerResource') return { reason, what: `${containerResource?.container} container metric value` }
  if (type === 'External') {
    const { metric, target } = external ?? {}
    const detail =
      target?.averageValue === undefined ? `external metric ${metric?.name}` : `${metric?.name} external metric`
    return { reason, what: `${metric?.name} external metric value: failed to get ${detail}` }
  }
  if (type === 'Object' && object?.target.averageValue !== undefined) {
    return { reason, what: `object metric value: failed to get ${object.metric.name} object metric` }
  }
  return { reason, what: `${type.toLowerCase()} metric value` }
}

async function resourceProposal(
  { name, container, target: wish }: { name: string; container?: string; target: MetricTarget },
  target: Target,
  metrics: MetricsApis,
): Promise<Proposal> {
  const { averageValue, averageUtilization: percent = 0 } = wish
  const kind = averageValue === undefined ? 'utilization' : 'usage'
  const { replicas, usage } = await inside(`failed to get ${name} ${kind}`, async () => {
    const samples = await inside(`unable to get metrics for resource ${name}`, () =>
      metrics.resource(name, target.namespace, target.selector, container),
    )
    return replicasFor(samples, { ...target, current: target.wanted, resource: name }, () =>
      averageValue === undefined
        ? utilizationRule(percent, target.pods, name, container)
        : averageRule(milli(averageValue)),
    )
  })
  const type = container === undefined ? 'Resource' : 'ContainerResource'
  const field = container === undefined ? 'resource' : 'containerResource'
  const of = container === undefined ? '' : ' container'
  return {
    replicas,
    name:
      averageValue === undefined
        ? `${name}${of} resource utilization (percentage of request)`
        : `${name}${of} resource`,
    status: { type, [field]: { name, ...(container && { container }), current: currentOf(name, usage) } },
  }
}

async function podsProposal(
  { metric, target: wish }: Required<MetricSpec>['pods'],
  target: Target,
  metrics: MetricsApis,
): Promise<Proposal> {
  const samples = await inside(`unable to get metric ${metric.name}`, () =>
    metrics.pods(metric.name, target.namespace, target.selector, selectorText(metric.selector)),
  )
  const rule = averageRule(milli(wish.averageValue ?? 0))
  const { replicas, usage } = replicasFor(samples, { ...target, current: target.wanted }, () => rule)
  return {
    replicas,
    name: `pods metric ${metric.name}`,
    status: { type: 'Pods', pods: { metric, current: { averageValue: quantity(usage.value) } } },
  }
}

async function objectProposal(
  { metric, describedObject, target: wish }: Required<MetricSpec>['object'],
  target: Target,
  metrics: MetricsApis,
): Promise<Proposal> {
  const { kind, name } = describedObject
  const read = async (): Promise<number> => {
    try {
      return await metrics.object(metric.name, target.namespace, describedObject, selectorText(metric.selector))
    } catch (error) {
      const place = `on ${kind} ${target.namespace}/${name}`
      throw new Error(`unable to get metric ${metric.name}: ${messageOf(error)} ${place}`, { cause: error })
    }
  }
  const { replicas, current } =
    wish.value === undefined ? perPod(await read(), wish, target) : whole(await read(), wish.value, target)
  return {
    replicas,
    name:
      wish.value === undefined
        ? `external metric ${metric.name}(${printedSelector(metric.selector)})`
        : `${kind} metric ${metric.name}`,
    status: { type: 'Object', object: { metric, describedObject, current } },
  }
}

async function externalProposal(
  { metric, target: wish }: Required<MetricSpec>['external'],
  target: Target,
  metrics: MetricsApis,
): Promise<Proposal> {
  const { name, selector } = metric
  const { namespace } = target
  const isAverage = wish.averageValue !== undefined
  const total = await inside(`unable to get external metric ${namespace}/${name}/${printedSelector(selector)}`, () =>
    metrics.external(name, namespace, selectorText(selector)),
  )
  const { replicas, current } = isAverage ? perPod(total, wish, target) : whole(total, wish.value ?? 0, target)
  return {
    replicas,
    name: `external metric ${name}(${printedSelector(selector)})`,
    status: { type: 'External', external: { metric, current } },
  }
}

/** A value that the pods share: so much for each. */
function perPod(total: number, { averageValue = 0 }: { averageValue?: string | number }, { present }: Target) {
  const each = milli(averageValue)
  const ratio = total / (each * present)
  const average = Number.isFinite(total / present) ? Math.ceil(total / present) : 0
  return {
    replicas: isWithin(ratio) ? present : Math.ceil(total / each),
    current: { averageValue: quantity(average) },
  }
}

/** A value that is not divided, and gets smaller the more pods there are. */
function whole(total: number, wanted: string | number, { wanted: current, pods }: Target) {
  return {
    replicas: replicasForRatio(total / milli(wanted), current, pods),
    current: { value: quantity(total) },
  }
}

async function inside<T>(what: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read()
  } catch (error) {
    throw new Error(`${what}: ${messageOf(error)}`, { cause: error })
  }
}

function currentOf(resource: string, { value, utilization }: Usage): Record<string, unknown> {
  // Memory is written in powers of two, as metrics-server does.
  const isWhole = value % 1000 === 0
  const shown = resource === 'memory' && isWhole ? canonicalQuantity(`${value / 1000 / 1024}Ki`) : quantity(value)
  return { ...(utilization !== undefined && { averageUtilization: utilization }), averageValue: shown }
}

const quantity = (thousandths: number): string => canonicalQuantity(`${thousandths}m`)

const WORDS: Record<string, string> = { In: 'in', NotIn: 'notin' }

/** The text of `labelSelector=`. */
function selectorText(selector: LabelSelector | undefined): string {
  return labelRequirements(selector ?? {})
    .map(({ key, operator, values }) => {
      if (operator === 'Exists') return key
      if (operator === 'DoesNotExist') return `!${key}`
      const [only] = values
      if (operator === 'In' && values.length === 1) return `${key}=${only}`
      return `${key} ${WORDS[operator]} (${values.toSorted().join(',')})`
    })
    .toSorted()
    .join(',')
}
