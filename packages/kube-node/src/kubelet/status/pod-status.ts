import type { Container, Pod } from '../../model/pod.ts'
import type { ContainerStatus, PodStatus } from '../../model/pod-status.ts'
import type { Attempt, Observed } from '../observe.ts'
import type { ResizeState } from '../resize/resizer.ts'
import { conditionsOf, isOwnCondition } from './conditions.ts'
import { containerStatus } from './container-status.ts'
import { phaseOf } from './phase.ts'

export interface StatusInput {
  pod: Pod
  sandbox: Attempt | undefined
  observed: ReadonlyMap<string, Observed>
  waiting: ReadonlyMap<string, { reason: string; message?: string }>
  started: ReadonlySet<string>
  ready: ReadonlySet<string>
  resize: ResizeState
  /** Nothing of the pod will run again. */
  over: boolean
  /** Why the node ended it, if it did. */
  failure?: { reason: string; message: string }
  podIP: string | undefined
  hostIP: string
  /** How the runtime is called in container ids, such as `podman`. */
  runtime: string
  /** RFC 3339. */
  now: string
}

/** The status of a pod as the kubelet writes it; of the conditions only its own. */
export function podStatus(input: StatusInput): PodStatus {
  const { pod, hostIP, now, over, failure } = input
  const statuses = (list: Container[] = []): ContainerStatus[] =>
    list.map((container) => containerStatus(container, input))
  const init = statuses(pod.spec.initContainers)
  const main = statuses(pod.spec.containers)
  const ephemeral = statuses(pod.spec.ephemeralContainers)
  const phase = failure ? 'Failed' : phaseOf(pod, { init, main, over })
  const before = pod.status?.phase === phase ? pod.status : undefined
  const podIP = input.podIP ?? pod.status?.podIP
  const sandboxed = input.sandbox?.status === 'running'
  return {
    phase,
    conditions: conditionsOf(pod, { phase, init, main, sandboxed, resize: input.resize, now }),
    reason: failure?.reason ?? before?.reason ?? null,
    message: failure?.message ?? before?.message ?? null,
    hostIP,
    hostIPs: [{ ip: hostIP }],
    ...(podIP && { podIP, podIPs: [{ ip: podIP }] }),
    startTime: pod.status?.startTime ?? now,
    ...(pod.metadata.generation !== undefined && { observedGeneration: pod.metadata.generation }),
    ...(init.length > 0 && { initContainerStatuses: init }),
    // In a certain order, which is not the spec's (kubelet, SortedContainerStatuses).
    containerStatuses: main.toSorted((a, b) => (a.name < b.name ? -1 : 1)),
    ...(ephemeral.length > 0 && { ephemeralContainerStatuses: ephemeral }),
  }
}

/** A status that was written with what the kubelet says now; conditions of others are kept. */
export function mergeStatus(before: PodStatus | undefined, said: PodStatus): PodStatus {
  const own = said.conditions ?? []
  const foreign = (before?.conditions ?? []).filter(({ type }) => !isOwnCondition(type))
  return { ...before, ...said, conditions: [...own, ...foreign] }
}
