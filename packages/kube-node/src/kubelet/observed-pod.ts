import { join } from 'node:path'
import type { Container, Pod, PodStatus } from '../types.ts'
import { lastingContainers, messageFile } from './container-spec.ts'
import type { PodPlace } from './downward.ts'
import { type Attempt, type Observed, observePod, removeContainers } from './observe.ts'
import type { ProbeTarget } from './probe-action.ts'
import { terminationMessage } from './volumes.ts'
import type { WorkerDeps } from './worker-deps.ts'

/** What is known of one pod: its object with the status last said, and its containers as the engine had them at the last look. */
export class ObservedPod {
  /** The pod's own folder. */
  readonly dir: string
  readonly #deps: WorkerDeps
  #pod: Pod
  #said: PodStatus | undefined
  #containers: ReadonlyMap<string, Observed> = new Map()

  constructor(pod: Pod, deps: WorkerDeps) {
    this.#pod = pod
    this.#deps = deps
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

  /** What only the node knows about it. */
  get place(): PodPlace {
    return { nodeName: this.#deps.nodeName, hostIP: this.#deps.hostIP, podIP: this.#pod.status?.podIP ?? '' }
  }

  /** Takes over the pod as the API has it. */
  update(pod: Pod): void {
    this.#pod = this.#said ? withStatus(pod, this.#said) : pod
  }

  /** Keeps the status that is being written. */
  say(status: PodStatus): void {
    this.#pod = withStatus(this.#pod, status)
    this.#said = status
  }

  /** Looks at what the engine has, and removes attempts that are too old to be shown. */
  async observe(): Promise<void> {
    const { engine } = this.#deps.runtime
    const { containers, stale } = await observePod(engine, {
      node: this.#deps.instance,
      uid: this.#pod.metadata.uid ?? '',
    })
    this.#containers = containers
    await removeContainers(engine, stale)
  }

  /** The attempts that run. */
  running(): Attempt[] {
    return [...this.#containers.values()].map(({ current }) => current).filter(({ status }) => status === 'running')
  }

  /** A container of the pod's spec, init containers included. */
  container(name: string): Container | undefined {
    return [...lastingContainers(this.#pod), ...(this.#pod.spec.initContainers ?? [])].find(
      (container) => container.name === name,
    )
  }

  /** The engine's id of a container: the one that runs or ran last, or the one before it. */
  containerId(name: string, previous: boolean): string | undefined {
    const observed = this.#containers.get(name)
    return (previous ? observed?.previous : observed?.current)?.id
  }

  /** Where a port of the pod can be connected to from here; undefined while nothing runs. */
  dial(port: number): { host: string; port: number } | undefined {
    for (const current of this.running()) {
      if (this.#pod.spec.hostNetwork) return { host: '127.0.0.1', port }
      const published = current.ports.find(
        ({ containerPort, protocol }) => containerPort === port && protocol === 'tcp',
      )
      if (!this.#deps.runtime.addressesReachable && published) return { host: '127.0.0.1', port: published.hostPort }
      if (current.ipAddress) return { host: current.ipAddress, port }
    }
    return undefined
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

  /** The messages that ended containers left, by id. */
  terminationMessages(): Map<string, string> {
    const attempts = [...this.#containers.values()].flatMap(({ current, previous }) =>
      previous ? [current, previous] : [current],
    )
    return new Map(
      attempts
        .filter(({ status }) => status === 'exited')
        .map(({ id, name, attempt }) => [id, terminationMessage(messageFile(this.dir, name, attempt))]),
    )
  }
}

/** The pod with what was last said of it, which the watch may not have brought back yet; conditions of others are kept. */
function withStatus(pod: Pod, said: PodStatus): Pod {
  const own = said.conditions ?? []
  const foreign = (pod.status?.conditions ?? []).filter(({ type }) => !own.some((condition) => condition.type === type))
  return { ...pod, status: { ...pod.status, ...said, conditions: [...own, ...foreign] } }
}
