import { messageOf, UserError } from '@slipway/errors'
import type { Container, Pod, ResourceRequirements } from '../../model/pod.ts'
import { engineResources } from '../containers/container-spec.ts'
import type { Attempt } from '../observe.ts'
import type { ObservedPod } from '../observed-pod.ts'
import type { WorkerDeps } from '../worker-deps.ts'
import { differences, heldResources, resizable } from './held-resources.ts'
import type { ResizeRefusal } from './refusal.ts'

/** Until what did not fit, or what the engine refused, is tried again (kubelet: 30 s, then 3 min). */
const RETRY = 30_000

/** How far the change of a pod's resources is, as its conditions say it. */
export interface ResizeState {
  /** What each container has, by name. */
  held: ReadonlyMap<string, ResourceRequirements>
  pending?: ResizeRefusal
  inProgress?: { reason?: string; message?: string }
}

interface Change {
  container: Container
  current: Attempt
  restart: boolean
}

/** Brings the resources that a pod's containers have in step with its spec, as far as the node grants them (KEP-1287). */
export class Resizer {
  readonly #observed: ObservedPod
  readonly #deps: WorkerDeps
  readonly #say: () => void
  #state: ResizeState = { held: new Map() }
  /** By container. */
  #granted: ReadonlyMap<string, ResourceRequirements>
  #pendingSince = 0
  #hasLooked = false

  /** `say` writes the status. */
  constructor(observed: ObservedPod, deps: WorkerDeps, say: () => void) {
    this.#observed = observed
    this.#deps = deps
    this.#say = say
    this.#granted = grantedBefore(observed)
  }

  get state(): ResizeState {
    return this.#state
  }

  /** Whether the spec asks for other resources than the node has granted. */
  get wants(): boolean {
    const { pod } = this.#observed
    return resizable(pod).some(({ name, resources }) => differences(resources, this.#granted.get(name)).length > 0)
  }

  /** When the change began to wait, in milliseconds since 1970. */
  get pendingSince(): number {
    return this.#pendingSince
  }

  /** The pod with the resources that it is granted. */
  get granted(): Pod {
    const { pod } = this.#observed
    if (!this.wants) return pod
    const { containers, initContainers } = pod.spec
    const grant = (list: Container[]): Container[] =>
      list.map((container) => {
        const resources = this.#granted.get(container.name)
        return resources ? { ...container, resources } : container
      })
    return {
      ...pod,
      spec: {
        ...pod.spec,
        containers: grant(containers),
        ...(initContainers && { initContainers: grant(initContainers) }),
      },
    }
  }

  /** Takes what the node says to the change; true = it is granted. */
  consider(refusal: ResizeRefusal | undefined): boolean {
    const { held, inProgress, pending } = this.#state
    if (!refusal) {
      this.#granted = new Map(resizable(this.#observed.pod).map(({ name, resources = {} }) => [name, resources]))
      this.#state = { held }
      return true
    }
    if (!pending) this.#pendingSince = Date.now()
    this.#state = { held, ...(inProgress && { inProgress }), pending: refusal }
    return false
  }

  /**
   * Changes what can be changed now. Resolves to the names of the containers that must be replaced for it, and to the milliseconds
   * after which to try again.
   */
  async sync(): Promise<{ resized: Set<string>; recheck?: number }> {
    // What the engine has is known only now.
    if (!this.#hasLooked) this.#granted = grantedBefore(this.#observed)
    this.#hasLooked = true
    if (this.wants) this.#deps.grantResizes()
    else this.#withdraw()
    const changes = this.#look()
    if (changes.length === 0) return this.#settle()
    const isRunning = changes.some(({ current }) => current.status === 'running')
    if (isRunning && !this.#state.inProgress) {
      this.#state = { ...this.#state, inProgress: {} }
      this.#say()
    }
    const failure = await this.#apply(changes.filter(({ restart }) => !restart))
    const resized = new Set(changes.filter(({ restart }) => restart).map(({ container }) => container.name))
    if (failure !== undefined) {
      this.#state = { ...this.#state, inProgress: { reason: 'Error', message: failure } }
      return { resized, recheck: RETRY }
    }
    return resized.size > 0 ? { resized } : this.#settle()
  }

  /** Nobody waits for a change that was taken back. */
  #withdraw(): void {
    const { pending: _, ...state } = this.#state
    this.#state = state
  }

  /** What differs between what containers have and what they are granted. */
  #look(): Change[] {
    const { containers } = this.#observed
    const pod = this.granted
    const held = new Map<string, ResourceRequirements>()
    const changes: Change[] = []
    for (const container of resizable(pod)) {
      const current = containers.get(container.name)?.current
      const resources = heldResources(pod, container, current)
      held.set(container.name, resources)
      const changed = differences(container.resources, resources)
      if (!current || changed.length === 0) continue
      const policies = (container.resizePolicy ?? []).filter(({ resourceName }) => changed.includes(resourceName))
      const restart = policies.some(({ restartPolicy }) => restartPolicy === 'RestartContainer')
      changes.push({ container, current, restart })
    }
    this.#state = { ...this.#state, held }
    return changes
  }

  /** Resolves to what the engine said against it. What does not run gets its resources when it starts. */
  async #apply(changes: Change[]): Promise<string | undefined> {
    const held = new Map(this.#state.held)
    let failure: string | undefined
    for (const { container, current } of changes) {
      const { resources = {}, name } = container
      try {
        if (current.status === 'running') await this.#update(current, resources, held.get(name))
        held.set(name, resources)
      } catch (error) {
        failure ??= messageOf(error)
      }
    }
    this.#state = { ...this.#state, held }
    return failure
  }

  /** A kernel may end what has more memory than its new limit, so that is not tried (kuberuntime, validateMemoryResizeAction). */
  async #update(
    { id, name }: Attempt,
    resources: ResourceRequirements,
    held: ResourceRequirements = {},
  ): Promise<void> {
    const { engine } = this.#deps.runtime
    const wanted = engineResources(resources)
    const { memoryLimit = 0 } = wanted
    if (memoryLimit < (engineResources(held).memoryLimit ?? 0)) {
      const { memoryBytes } = await engine.usage(id)
      if (memoryBytes >= memoryLimit) {
        const why = `attempting to set container "${name}" memory limit (${memoryLimit}) below current usage (${memoryBytes})`
        throw new UserError('POD_RESIZE_REFUSED', why, { hint: 'ask for more, or have memory changes restart it' })
      }
    }
    await engine.update(id, wanted)
  }

  #settle(): { resized: Set<string>; recheck?: number } {
    const { held, inProgress, pending } = this.#state
    this.#state = { held, ...(pending && { pending }) }
    if (inProgress) {
      const { granted } = this
      this.#deps.event(granted, 'Normal', 'ResizeCompleted', `Pod resize completed: ${summaryOf(granted)}`)
    }
    return { resized: new Set(), ...(pending?.reason === 'Deferred' && { recheck: RETRY }) }
  }
}

/** What a pod had been granted before this process began, as its status or its containers say; one without them gets what it asks for. */
function grantedBefore({ pod, containers }: ObservedPod): Map<string, ResourceRequirements> {
  const { containerStatuses = [], initContainerStatuses = [] } = pod.status ?? {}
  const statuses = [...containerStatuses, ...initContainerStatuses]
  const grantOf = (container: Container): ResourceRequirements =>
    statuses.find(({ name }) => name === container.name)?.resources ??
    heldResources(pod, container, containers.get(container.name)?.current)
  return new Map(resizable(pod).map((container) => [container.name, grantOf(container)]))
}

/** As the kubelet lists what was changed (podResizeCompletionMsg). */
function summaryOf({ spec }: Pod): string {
  const list = (containers: Container[]) => containers.map(({ name, resources = {} }) => ({ name, resources }))
  const { initContainers = [], containers } = spec
  return JSON.stringify({
    ...(initContainers.length > 0 && { initContainers: list(initContainers) }),
    containers: list(containers),
  })
}
