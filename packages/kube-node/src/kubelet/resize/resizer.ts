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

/** Brings the resources that a pod's containers have in step with its spec (KEP-1287). */
export class Resizer {
  readonly #observed: ObservedPod
  readonly #deps: WorkerDeps
  readonly #say: () => void
  #state: ResizeState = { held: new Map() }

  /** `say` writes the status. */
  constructor(observed: ObservedPod, deps: WorkerDeps, say: () => void) {
    this.#observed = observed
    this.#deps = deps
    this.#say = say
  }

  get state(): ResizeState {
    return this.#state
  }

  /** The pod with the resources that it is granted: those of its spec, unless they are refused. */
  get granted(): Pod {
    const { pod } = this.#observed
    if (!this.#state.pending) return pod
    const { containers, initContainers } = pod.spec
    const grant = (list: Container[]): Container[] =>
      list.map((container) => {
        const resources = this.#state.held.get(container.name)
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

  /**
   * Changes what can be changed now. Resolves to the names of the containers that must be replaced for it, and to the milliseconds
   * after which to try again.
   */
  async sync(): Promise<{ resized: Set<string>; recheck?: number }> {
    const { pod } = this.#observed
    const changes = this.#look()
    if (changes.length === 0) return this.#settle()
    const pending = this.#deps.resizeRefusal(pod)
    if (pending) {
      this.#state = { held: this.#state.held, pending }
      return { resized: new Set(), ...(pending.reason === 'Deferred' && { recheck: RETRY }) }
    }
    const isRunning = changes.some(({ current }) => current.status === 'running')
    if (isRunning && !this.#state.inProgress) {
      this.#state = { held: this.#state.held, inProgress: {} }
      this.#say()
    }
    const failure = await this.#apply(changes.filter(({ restart }) => !restart))
    const resized = new Set(changes.filter(({ restart }) => restart).map(({ container }) => container.name))
    if (failure !== undefined) {
      this.#state = { held: this.#state.held, inProgress: { reason: 'Error', message: failure } }
      return { resized, recheck: RETRY }
    }
    return resized.size > 0 ? { resized } : this.#settle()
  }

  /** What differs between what containers have and what their spec says. */
  #look(): Change[] {
    const { pod, containers } = this.#observed
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

  #settle(): { resized: Set<string> } {
    const { held, inProgress } = this.#state
    this.#state = { held }
    if (inProgress) {
      const { pod } = this.#observed
      this.#deps.event(pod, 'Normal', 'ResizeCompleted', `Pod resize completed: ${summaryOf(pod)}`)
    }
    return { resized: new Set() }
  }
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
