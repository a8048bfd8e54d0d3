import { join } from 'node:path'
import type { Container, Pod } from '../model/pod.ts'
import type { ContainerStatus, LinuxUser, PodStatus } from '../model/pod-status.ts'
import type { PodPlace } from './configuration/downward.ts'
import { messageFile } from './containers/container-spec.ts'
import { PodContainers } from './containers/pod-containers.ts'
import { processUser } from './containers/process-user.ts'
import { terminationMessage } from './containers/termination-message.ts'
import { type Attempt, type LabelledContainer, type Observed, observeContainers } from './observe.ts'
import type { ProbeTarget } from './probes/probe-action.ts'
import { mergeStatus } from './status/pod-status.ts'
import { statusOf } from './status/status-of.ts'
import type { WorkerDeps } from './worker-deps.ts'

/** Where a port of a pod can be connected to from here. */
export interface PodAddress {
  host: string
  port: number
  /** Of a process of this machine that has the pod's network, where there is one. */
  pid?: number
}

/** What is known of one pod: its object with the status last said, and its containers as the engine had them at the last look. */
export class ObservedPod {
  /** The pod's own folder. */
  readonly dir: string
  /** What of it is at the engine. */
  readonly own: PodContainers
  readonly #deps: WorkerDeps
  readonly #failedStarts = new Map<string, { message: string; at: string }>()
  readonly #messages = new Map<string, string>()
  readonly #users = new Map<string, LinuxUser | undefined>()
  #pod: Pod
  #said: PodStatus | undefined
  #containers: ReadonlyMap<string, Observed> = new Map()
  #sandbox: Attempt | undefined

  /** `found` are the containers that the engine has of it. */
  constructor(pod: Pod, found: LabelledContainer[], deps: WorkerDeps) {
    this.#pod = pod
    this.#deps = deps
    this.own = new PodContainers(deps.runtime.engine, { node: deps.instance, uid: pod.metadata.uid ?? '' }, found)
    this.dir = join(deps.podsDir, pod.metadata.uid ?? '')
  }

  /** The pod as it is now. */
  get pod(): Pod {
    return this.#pod
  }

  /** Its containers by name. */
  get containers(): ReadonlyMap<string, Observed> {
    return this.#containers
  }

  /** The newest sandbox, whether it runs or not. */
  get sandbox(): Attempt | undefined {
    return this.#sandbox
  }

  /** The pod's address; undefined while no sandbox runs. */
  get podIP(): string | undefined {
    if (this.#pod.spec.hostNetwork) return this.#deps.hostIP
    return this.#sandbox?.status === 'running' ? this.#sandbox.ipAddress : undefined
  }

  /** What only the node knows about it. */
  get place(): PodPlace {
    const { nodeName, hostIP, resources } = this.#deps
    return { nodeName, hostIP, resources, podIP: this.podIP ?? this.#pod.status?.podIP ?? '' }
  }

  /** Takes over the pod as the API has it; the watch may not have brought back yet what was last said of it. */
  update(pod: Pod): void {
    this.#pod = this.#said ? { ...pod, status: mergeStatus(pod.status, this.#said) } : pod
  }

  /** Keeps the status that is being written. */
  say(status: PodStatus): void {
    this.#pod = { ...this.#pod, status: mergeStatus(this.#pod.status, status) }
    this.#said = status
  }

  /** Remembers that a container could not be started, which no engine tells afterwards. */
  failedToStart(id: string, message: string): void {
    this.#failedStarts.set(id, { message, at: new Date().toISOString() })
  }

  /** Looks at what the engine has, and removes attempts that are too old to be shown. */
  async observe(): Promise<void> {
    const { engine, simulated } = this.#deps.runtime
    const { containers, sandbox, stale } = await observeContainers(engine, await this.own.list())
    for (const [name, { current, ...rest }] of containers) {
      const failure = this.#failedStarts.get(current.id)
      if (failure && current.status === 'created')
        containers.set(name, { ...rest, current: notStarted(current, failure) })
    }
    // What was simulated is forgotten with the process, and starts again.
    if (!simulated) for (const [name, current] of this.#lost(containers)) containers.set(name, { current })
    await this.#readMessages(containers)
    this.#readUsers(containers)
    this.#sandbox = sandbox
    this.#containers = containers
    await this.own.remove(stale)
  }

  /** The attempts that run, without the sandbox. */
  running(): Attempt[] {
    return [...this.#containers.values()].map(({ current }) => current).filter(({ status }) => status === 'running')
  }

  /** A container of the pod's spec, of whatever kind. */
  container(name: string): Container | undefined {
    return allContainers(this.#pod).find((container) => container.name === name)
  }

  /** The engine's id of a container: the one that runs or ran last. */
  containerId(name: string): string | undefined {
    return this.#containers.get(name)?.current.id
  }

  /** Where a port of the pod can be connected to from here; undefined while nothing runs. */
  dial(port: number): PodAddress | undefined {
    if (this.#sandbox?.status !== 'running') return undefined
    if (this.#pod.spec.hostNetwork) return { host: '127.0.0.1', port }
    const isPort = ({ containerPort, protocol }: Attempt['ports'][number]): boolean =>
      containerPort === port && protocol === 'tcp'
    const published = this.#sandbox.ports.find(isPort)
    const { addressesReachable } = this.#deps.runtime
    if (!addressesReachable && published) return { host: '127.0.0.1', port: published.hostPort }
    const { ipAddress: host, pid } = this.#sandbox
    // Elsewhere a process id may be that of another machine.
    return host ? { host, port, ...(addressesReachable && pid && { pid }) } : undefined
  }

  /** Where probes and hooks of a container run. */
  target(container: Container, containerId: string): ProbeTarget {
    return {
      engine: this.#deps.runtime.engine,
      containerId,
      container,
      dial: (port) => this.dial(port) ?? { host: this.#pod.status?.podIP ?? '127.0.0.1', port },
    }
  }

  /** As whom a container began; it may become somebody else. */
  #readUsers(containers: ReadonlyMap<string, Observed>): void {
    if (!this.#deps.runtime.addressesReachable) return
    for (const { current } of containers.values()) {
      const { id, pid } = current
      if (pid !== undefined && !this.#users.has(id)) this.#users.set(id, processUser(pid))
      const user = this.#users.get(id) ?? statusOf(this.#pod, current)?.user?.linux
      if (user) current.user = user
    }
  }

  async #readMessages(containers: ReadonlyMap<string, Observed>): Promise<void> {
    const attempts = [...containers.values()].flatMap(({ current, previous }) => [
      current,
      ...(previous ? [previous] : []),
    ])
    for (const attempt of attempts) {
      if (attempt.status !== 'exited' || attempt.message !== undefined) continue
      const { id, name } = attempt
      const known = this.#messages.get(id)
      attempt.message =
        known ??
        (await terminationMessage(attempt, {
          container: this.container(name),
          file: messageFile(this.dir, name, attempt.attempt),
          engine: this.#deps.runtime.engine,
        }))
      this.#messages.set(id, attempt.message)
    }
  }

  /** Containers that ran when last seen and that the engine no longer has: they count as killed. */
  #lost(containers: ReadonlyMap<string, Observed>): [string, Attempt][] {
    const { containerStatuses = [], initContainerStatuses = [] } = this.#pod.status ?? {}
    return [...initContainerStatuses, ...containerStatuses]
      .filter(({ name, containerID }) => containerID && !containers.has(name))
      .map((status) => [status.name, lostAttempt(status)])
  }
}

/** Every container of a pod: init containers, the main ones, and those that were added to look at it. */
export function allContainers({ spec }: Pod): Container[] {
  return [...(spec.initContainers ?? []), ...spec.containers, ...(spec.ephemeralContainers ?? [])]
}

function notStarted(attempt: Attempt, { message, at }: { message: string; at: string }): Attempt {
  const end = { startedAt: at, finishedAt: at, exitCode: 128, reason: 'StartError', message }
  return { ...attempt, status: 'exited', ...end }
}

function lostAttempt({ name, restartCount, containerID = '', imageID, state, lastState }: ContainerStatus): Attempt {
  const ended = state.terminated ?? (state.running ? undefined : lastState.terminated)
  return {
    id: containerID.replace(/^.*:\/\//, ''),
    name,
    attempt: restartCount,
    status: 'exited',
    exitCode: ended?.exitCode ?? 137,
    oomKilled: false,
    imageRef: imageID,
    ports: [],
    labels: {},
    reason: ended?.reason ?? 'ContainerStatusUnknown',
    message: ended ? (ended.message ?? '') : 'The container could not be located when the pod was terminated',
    ...(ended?.startedAt && { startedAt: ended.startedAt }),
    ...(ended?.finishedAt && { finishedAt: ended.finishedAt }),
  }
}
