import { timestamp } from '../../controllers/clock.ts'
import type { Container, ResourceRequirements } from '../../model/pod.ts'
import type { ContainerStatus, TerminatedState } from '../../model/pod-status.ts'
import { isSidecar } from '../decide.ts'
import type { Attempt } from '../observe.ts'
import type { StatusInput } from './pod-status.ts'

/** The status of one container of a pod, init containers included. */
export function containerStatus(container: Container, input: StatusInput): ContainerStatus {
  const { pod, observed, waiting, started, ready, runtime, now } = input
  const { current, previous } = observed.get(container.name) ?? {}
  const wait = waiting.get(container.name)
  const running = current?.status === 'running'
  const terminated = (attempt: Attempt | undefined): TerminatedState | undefined =>
    attempt?.status === 'exited' ? terminatedState(attempt, { runtime, room: messageRoom(pod) }) : undefined
  const ended = terminated(current)
  const last = wait && ended ? ended : terminated(previous)
  const isInit = pod.spec.initContainers?.includes(container) && !isSidecar(container)
  const isEphemeral = pod.spec.ephemeralContainers?.includes(container) ?? false
  return {
    name: container.name,
    image: container.image,
    imageID: current?.imageRef ?? '',
    ...(current && { containerID: `${runtime}://${current.id}` }),
    ready: isInit ? ended?.exitCode === 0 : !isEphemeral && running && ready.has(container.name),
    started: running && started.has(container.name),
    restartCount: current?.attempt ?? 0,
    state: running
      ? { running: { startedAt: seconds(current.startedAt) ?? now } }
      : ended && !wait
        ? { terminated: ended }
        : isMissed(container, input)
          ? { terminated: MISSED }
          : { waiting: wait ?? { reason: firstReason(input) } },
    lastState: last ? { terminated: last } : {},
    ...(current && granted(input.resize.held.get(container.name) ?? container.resources)),
    ...mountsOf(container),
    ...(current?.user && { user: { linux: current.user } }),
  }
}

/** It would have run, had the pod not ended before (kubelet's TerminatePod). */
function isMissed(container: Container, { pod, over, waiting, observed }: StatusInput): boolean {
  const { containers, initContainers = [] } = pod.spec
  if (!over || waiting.has(container.name) || !containers.includes(container)) return false
  const plain = initContainers.filter((one) => !isSidecar(one))
  return plain.every(({ name }) => observed.get(name)?.current.exitCode === 0)
}

const MISSED: TerminatedState = {
  exitCode: 137,
  reason: 'ContainerStatusUnknown',
  message: 'The container could not be located when the pod was terminated',
  startedAt: null,
  finishedAt: null,
}

/** What the container has; the requests among it are what the node has set aside (pkg/kubelet/kubelet_pods.go). */
function granted(resources: ResourceRequirements = {}): Pick<ContainerStatus, 'resources' | 'allocatedResources'> {
  const { requests = {} } = resources
  return { resources, ...(Object.keys(requests).length > 0 && { allocatedResources: requests }) }
}

/** No engine here mounts what lies below a read-only mount read-only too. */
function mountsOf({ volumeMounts = [] }: Container): Pick<ContainerStatus, 'volumeMounts'> {
  if (volumeMounts.length === 0) return {}
  return {
    volumeMounts: volumeMounts.map(({ name, mountPath, readOnly }) => ({
      name,
      mountPath,
      ...(readOnly && { readOnly, recursiveReadOnly: 'Disabled' }),
    })),
  }
}

/** Before anything is known, containers of a pod with init containers wait for those. */
const firstReason = ({ pod }: StatusInput): string =>
  pod.spec.initContainers?.length ? 'PodInitializing' : 'ContainerCreating'

/** Bytes that all messages of a pod may have together (kubelet, MaxPodTerminationMessageLogLength). */
const MOST_MESSAGES = 12 * 1024

function messageRoom({
  spec: { containers, initContainers = [], ephemeralContainers = [] },
}: StatusInput['pod']): number {
  return Math.floor(MOST_MESSAGES / (containers.length + initContainers.length + ephemeralContainers.length))
}

function terminatedState(attempt: Attempt, { runtime, room }: { runtime: string; room: number }): TerminatedState {
  const { exitCode, oomKilled, reason } = attempt
  const message = attempt.message && Buffer.from(attempt.message).toString('utf8', 0, room)
  return {
    exitCode,
    reason: reason ?? (oomKilled ? 'OOMKilled' : exitCode === 0 ? 'Completed' : 'Error'),
    ...(message && { message }),
    startedAt: seconds(attempt.startedAt) ?? null,
    finishedAt: seconds(attempt.finishedAt) ?? null,
    containerID: `${runtime}://${attempt.id}`,
  }
}

/** As the API has times: in seconds, UTC. */
const seconds = (time: string | undefined): string | undefined => time && timestamp(new Date(time))
