import type { Container, ContainerStatus, Pod, PodCondition, PodStatus, TerminatedState } from '../types.ts'
import { isSidecar } from './container-spec.ts'
import type { Attempt, Observed } from './observe.ts'

export interface StatusInput {
  pod: Pod
  observed: ReadonlyMap<string, Observed>
  waiting: ReadonlyMap<string, { reason: string; message?: string }>
  started: ReadonlySet<string>
  ready: ReadonlySet<string>
  finished: 'Succeeded' | 'Failed' | undefined
  hostIP: string
  /** How the runtime is called in container ids, such as `podman`. */
  runtime: string
  /** The messages that ended containers left, by id. */
  messages: ReadonlyMap<string, string>
  /** RFC 3339. */
  now: string
}

/** The status of a pod as the kubelet writes it. */
export function podStatus(input: StatusInput): PodStatus {
  const { pod, now, hostIP } = input
  const before = pod.status
  const init = (pod.spec.initContainers ?? []).map((container) => containerStatus(container, input))
  const main = pod.spec.containers.map((container) => containerStatus(container, input))
  const phase = phaseOf(input, main)
  const podIP = pod.spec.hostNetwork ? hostIP : (addressOf(input) ?? before?.podIP)
  return {
    phase,
    conditions: conditionsOf(input, { phase, init, main }),
    hostIP,
    hostIPs: [{ ip: hostIP }],
    ...(podIP && { podIP, podIPs: [{ ip: podIP }] }),
    startTime: before?.startTime ?? now,
    qosClass: qosOf(pod),
    ...(init.length > 0 && { initContainerStatuses: init }),
    containerStatuses: main,
  }
}

function phaseOf({ finished, pod }: StatusInput, main: ContainerStatus[]): PodStatus['phase'] {
  if (finished) return finished
  const before = pod.status?.phase
  if (before === 'Succeeded' || before === 'Failed') return before
  // Running means that every container has been started at least once.
  return main.every(({ state, lastState }) => state.running ?? state.terminated ?? lastState.terminated)
    ? 'Running'
    : 'Pending'
}

function containerStatus(container: Container, input: StatusInput): ContainerStatus {
  const { observed, waiting, started, ready, runtime } = input
  const { current, previous } = observed.get(container.name) ?? {}
  const isMain = input.pod.spec.containers.includes(container)
  const wait = waiting.get(container.name)
  const running = current?.status === 'running'
  const ended = current?.status === 'exited' ? terminated(current, input) : undefined
  const last = wait && ended ? ended : previous && terminated(previous, input)
  const done = !isMain && !isSidecar(container) && ended?.exitCode === 0
  return {
    name: container.name,
    image: container.image,
    imageID: current?.imageRef ?? '',
    ...(current && { containerID: `${runtime}://${current.id}` }),
    ready: done || (running && ready.has(container.name)),
    started: running && started.has(container.name),
    restartCount: current?.attempt ?? 0,
    state: running
      ? { running: { startedAt: seconds(current.startedAt) ?? input.now } }
      : ended && !wait
        ? { terminated: ended }
        : { waiting: wait ?? { reason: firstReason(input.pod, container) } },
    lastState: last ? { terminated: last } : {},
  }
}

/** Before anything is known, containers of a pod with init containers wait for those. */
function firstReason(pod: Pod, container: Container): string {
  return pod.spec.initContainers?.length && pod.spec.initContainers[0] !== container
    ? 'PodInitializing'
    : 'ContainerCreating'
}

function terminated(attempt: Attempt, { runtime, messages }: StatusInput): TerminatedState {
  const { exitCode, oomKilled } = attempt
  const message = messages.get(attempt.id)
  return {
    exitCode,
    reason: oomKilled ? 'OOMKilled' : exitCode === 0 ? 'Completed' : 'Error',
    ...(message && { message }),
    startedAt: seconds(attempt.startedAt) ?? null,
    finishedAt: seconds(attempt.finishedAt) ?? null,
    containerID: `${runtime}://${attempt.id}`,
  }
}

function conditionsOf(
  { pod, now }: StatusInput,
  { phase, init, main }: { phase: PodStatus['phase']; init: ContainerStatus[]; main: ContainerStatus[] },
): PodCondition[] {
  const before = pod.status?.conditions ?? []
  const ended = phase === 'Succeeded' || phase === 'Failed'
  const names = (list: ContainerStatus[]): string => `[${list.map(({ name }) => name).join(' ')}]`
  const unready = main.filter(({ ready }) => !ready)
  const notInitialized = init.filter(({ ready, started }) => !ready && !started)
  const initialized = notInitialized.length === 0 || main.some(({ state }) => state.running ?? state.terminated)
  const readiness = ended
    ? { status: 'False' as const, reason: phase === 'Succeeded' ? 'PodCompleted' : 'PodFailed' }
    : unready.length === 0
      ? { status: 'True' as const }
      : {
          status: 'False' as const,
          reason: 'ContainersNotReady',
          message: `containers with unready status: ${names(unready)}`,
        }
  const gates = (pod.spec.readinessGates ?? []).filter(
    ({ conditionType }) => before.find(({ type }) => type === conditionType)?.status !== 'True',
  )
  const ready =
    readiness.status === 'True' && gates.length > 0
      ? {
          status: 'False' as const,
          reason: 'ReadinessGatesNotReady',
          message: `the status of pod readiness gate "${gates[0]?.conditionType}" is not "True"`,
        }
      : readiness
  const started = main.some(({ containerID }) => containerID)
  const own: Omit<PodCondition, 'lastTransitionTime' | 'lastProbeTime'>[] = [
    { type: 'PodReadyToStartContainers', status: started && !ended ? 'True' : 'False' },
    initialized
      ? { type: 'Initialized', status: 'True', ...(phase === 'Succeeded' && { reason: 'PodCompleted' }) }
      : {
          type: 'Initialized',
          status: 'False',
          reason: 'ContainersNotInitialized',
          message: `containers with incomplete status: ${names(notInitialized)}`,
        },
    { type: 'Ready', ...ready },
    { type: 'ContainersReady', ...readiness },
    { type: 'PodScheduled', status: 'True' },
  ]
  const foreign = before.filter(({ type }) => !own.some((condition) => condition.type === type))
  return [
    ...own.map((condition): PodCondition => {
      const last = before.find(({ type }) => type === condition.type)
      const same = last?.status === condition.status
      return { ...condition, lastProbeTime: null, lastTransitionTime: same ? last.lastTransitionTime : now }
    }),
    ...foreign,
  ]
}

function addressOf({ observed }: StatusInput): string | undefined {
  for (const { current } of observed.values())
    if (current.status === 'running' && current.ipAddress) return current.ipAddress
  return undefined
}

/** Guaranteed, Burstable or BestEffort, from requests and limits (qos.ComputePodQOS). */
export function qosOf(pod: Pod): string {
  const all = [...pod.spec.containers, ...(pod.spec.initContainers ?? [])]
  const amounts = all.map(({ resources = {} }) => ({
    limits: resources.limits ?? {},
    requests: resources.requests ?? {},
  }))
  if (amounts.every(({ limits, requests }) => !limits.cpu && !limits.memory && !requests.cpu && !requests.memory))
    return 'BestEffort'
  const guaranteed = amounts.every(({ limits, requests }) =>
    ['cpu', 'memory'].every(
      (resource) => limits[resource] && (requests[resource] ?? limits[resource]) === limits[resource],
    ),
  )
  return guaranteed ? 'Guaranteed' : 'Burstable'
}

const seconds = (time: string | undefined): string | undefined => time?.replace(/\.\d+/, '').replace(/[+-]00:00$/, 'Z')
