import type { Pod } from '../../model/pod.ts'
import { milli, type Samples } from './metrics.ts'

/** How long a pod's processor is busy with its start, and how long a first readiness may take, as Kubernetes has it. */
const CPU_START = 5 * 60_000
const READINESS_DELAY = 30_000

const NO_PODS = 'no pods returned by selector while calculating replica count'
const NO_SAMPLES = 'did not receive metrics for targeted pods (pods might be unready)'

/** A ratio that near to 1 changes nothing. */
export const isWithin = (ratio: number): boolean => ratio >= 0.9 && ratio <= 1.1

/** How much is used of what should be. `value` is the average in thousandths. */
export interface Usage {
  ratio: number
  value: number
  /** Percent of what the pods asked for. */
  utilization?: number
}

export interface UsageRule {
  usage(samples: Samples): Usage
  /** What a pod without a sample counts with before fewer pods are made. */
  assumed(pod: string): number
}

/** So much for each pod on average. */
export const averageRule = (target: number): UsageRule => ({
  usage(samples) {
    const total = [...samples.values()].reduce((sum, { value }) => sum + value, 0)
    const value = Math.trunc(total / samples.size)
    return { ratio: value / target, value }
  },
  assumed: () => target,
})

/** So many percent of what the pods ask for. Throws an Error when one of them asks for nothing. */
export function utilizationRule(target: number, pods: Pod[], resource: string, container?: string): UsageRule {
  const requests = new Map(pods.map((pod) => [pod.metadata.name, requestOf(pod, resource, container)]))
  return {
    usage(samples) {
      const known = [...samples].filter(([name]) => requests.has(name))
      const total = known.reduce((sum, [, { value }]) => sum + value, 0)
      const asked = known.reduce((sum, [name]) => sum + (requests.get(name) ?? 0), 0)
      if (asked === 0) throw new Error('no metrics returned matched known pods')
      const utilization = Math.trunc((total * 100) / asked)
      return { ratio: utilization / target, value: Math.trunc(total / known.length), utilization }
    },
    assumed: (pod) => Math.trunc(((requests.get(pod) ?? 0) * Math.max(100, target)) / 100),
  }
}

function requestOf({ metadata, spec }: Pod, resource: string, container?: string): number {
  const ofPod = spec.resources?.requests
  if (container === undefined && ofPod && Object.keys(ofPod).length > 0) {
    const request = ofPod[resource]
    if (request === undefined) throw new Error(`missing pod-level request for ${resource} in Pod ${metadata.name}`)
    return milli(request)
  }
  const sidecars = (spec.initContainers ?? []).filter(({ restartPolicy }) => restartPolicy === 'Always')
  return [...spec.containers, ...sidecars]
    .filter(({ name }) => container === undefined || name === container)
    .reduce((sum, { name, resources }) => {
      const request = resources?.requests?.[resource]
      if (request !== undefined) return sum + milli(request)
      throw new Error(`missing request for ${resource} in container ${name} of Pod ${metadata.name}`)
    }, 0)
}

/** How many pods would use what they should. Pods that are starting or were not measured hold back, whichever way it goes. */
export function replicasFor(
  samples: Samples,
  { pods, current, resource, now }: { pods: Pod[]; current: number; resource?: string; now: number },
  ruleOf: () => UsageRule,
): { replicas: number; usage: Usage } {
  if (pods.length === 0) throw new Error(NO_PODS)
  const { ready, unready, missing, ignored } = grouped(pods, samples, resource, now)
  const counted: Samples = new Map([...samples].filter(([name]) => !ignored.has(name) && !unready.has(name)))
  if (counted.size === 0) throw new Error(NO_SAMPLES)
  const rule = ruleOf()
  const usage = rule.usage(counted)
  const { ratio } = usage
  const holdsBack = unready.size > 0 && ratio > 1
  if (!holdsBack && missing.size === 0) {
    return { replicas: isWithin(ratio) ? current : Math.ceil(ratio * ready), usage }
  }
  const sampleOf = (value: number) => ({ value, time: now, window: 0 })
  if (ratio < 1) for (const name of missing) counted.set(name, sampleOf(rule.assumed(name)))
  if (ratio > 1) for (const name of [...missing, ...unready]) counted.set(name, sampleOf(0))
  const cautious = rule.usage(counted).ratio
  const turns = (ratio < 1 && cautious > 1) || (ratio > 1 && cautious < 1)
  const replicas = Math.ceil(cautious * counted.size)
  const wrongWay = (cautious < 1 && replicas > current) || (cautious > 1 && replicas < current)
  return { replicas: isWithin(cautious) || turns || wrongWay ? current : replicas, usage }
}

/** How many pods a value asks for that is not of the pods themselves. */
export function replicasForRatio(ratio: number, current: number, pods: Pod[]): number {
  if (current === 0) return Math.ceil(ratio)
  if (isWithin(ratio)) return current
  if (pods.length === 0) throw new Error(`unable to calculate ready pods: ${NO_PODS}`)
  return Math.ceil(ratio * pods.filter((pod) => pod.status?.phase === 'Running' && isReady(pod)).length)
}

const conditionOf = (pod: Pod) => pod.status?.conditions?.find(({ type }) => type === 'Ready')
const isReady = (pod: Pod): boolean => conditionOf(pod)?.status === 'True'

function grouped(pods: Pod[], samples: Samples, resource: string | undefined, now: number) {
  const groups = { unready: new Set<string>(), missing: new Set<string>(), ignored: new Set<string>() }
  let ready = 0
  for (const pod of pods) {
    const { name, deletionTimestamp } = pod.metadata
    const phase = pod.status?.phase
    const sample = samples.get(name)
    if (deletionTimestamp || phase === 'Failed') groups.ignored.add(name)
    else if (phase === 'Pending') groups.unready.add(name)
    else if (!sample) groups.missing.add(name)
    else if (resource === 'cpu' && isStarting(pod, sample, now)) groups.unready.add(name)
    else ready++
  }
  return { ready, ...groups }
}

/** What a processor does at a pod's start says nothing. */
function isStarting(pod: Pod, sample: { time: number; window: number }, now: number): boolean {
  const condition = conditionOf(pod)
  if (!condition || !pod.status?.startTime) return true
  const start = Date.parse(pod.status.startTime)
  const change = Date.parse(condition.lastTransitionTime ?? '')
  const isUnready = condition.status === 'False'
  if (start + CPU_START > now) return isUnready || sample.time < change + sample.window
  return isUnready && start + READINESS_DELAY > change
}
