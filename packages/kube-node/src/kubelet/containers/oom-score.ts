import { quantityValue } from '@slipway/kube-objects'
import type { Container, Pod } from '../../model/pod.ts'
import { podRequests } from '../../scheduling/filters/resources.ts'
import { isSidecar } from '../decide.ts'

const SPARED = -997
const FIRST = 1000
const SYSTEM_CRITICAL = 2_000_000_000

/** A sandbox ends last of its pod (containerd's defaultSandboxOOMAdj). */
export const SANDBOX_OOM_SCORE = -998

/**
 * How soon the kernel ends a container when memory is short: the more of its request it uses, the sooner (kubelet, qos/policy.go).
 * `capacity` is the machine's memory in bytes.
 */
export function oomScoreAdj(pod: Pod, container: Container, capacity: number): number {
  if (isNodeCritical(pod) || pod.status?.qosClass === 'Guaranteed') return SPARED
  if (pod.status?.qosClass === 'BestEffort') return FIRST
  const share = unassigned(pod)
  const scoreOf = (memory: number): number => FIRST - Math.trunc((1000 * (memory + share)) / capacity)
  const own = scoreOf(requested(container))
  // A sidecar outlives the containers that it is there for.
  const least = isSidecar(container) ? scoreOf(Math.min(...pod.spec.containers.map(requested))) : own
  return Math.min(Math.max(Math.min(own, least), FIRST + SPARED), FIRST - 1)
}

const requested = ({ resources }: Container): number => quantityValue(resources?.requests?.memory ?? '0')

function isNodeCritical({ spec }: Pod): boolean {
  return (spec.priority ?? 0) >= SYSTEM_CRITICAL && spec.priorityClassName === 'system-node-critical'
}

/** What the pod as a whole requests beyond its containers, for each of them (KEP-2837). */
function unassigned({ status: _, ...pod }: Pod): number {
  const { resources, containers, initContainers = [], overhead: __, ...spec } = pod.spec
  const whole = quantityValue(resources?.requests?.memory ?? '0')
  if (whole === 0) return 0
  const together = podRequests({ ...pod, spec: { ...spec, containers, initContainers } }).get('memory') ?? 0n
  return Math.trunc((whole - Number(together / 1_000_000_000n)) / (containers.length + initContainers.length))
}
