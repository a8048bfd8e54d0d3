import type { ContainerSpec } from '@slipway/container-engine'
import { UserError } from '@slipway/errors'
import type { PodEngine } from '../../runtime/pod-runtime.ts'
import { type LabelledContainer, podFilter, removeContainers } from '../observe.ts'

/**
 * Which containers the engine has of one pod. To find them by their labels an engine looks at every container that it has, so
 * it is asked only when what was found at the start and created since may not be all.
 */
export class PodContainers {
  readonly #engine: PodEngine
  readonly #place: { node: string; uid: string }
  #known: Map<string, LabelledContainer> | undefined

  /** `found` are those that the engine had before the first is created here. */
  constructor(engine: PodEngine, place: { node: string; uid: string }, found: LabelledContainer[]) {
    this.#engine = engine
    this.#place = place
    this.#known = byId(found)
  }

  /** All of them, whether they run or not. */
  async list(): Promise<LabelledContainer[]> {
    this.#known ??= byId(await this.#engine.list(podFilter(this.#place.node, this.#place.uid)))
    return [...this.#known.values()]
  }

  /** Creates one, in place of one of that name that is left when a start was cut short. Resolves to its id. */
  async create(spec: ContainerSpec): Promise<string> {
    try {
      const id = await this.#createAnew(spec)
      this.#known?.set(id, { id, labels: spec.labels ?? {} })
      return id
    } catch (error) {
      // It may be there all the same.
      this.#known = undefined
      throw error
    }
  }

  /** Removes some of them. */
  async remove(containers: LabelledContainer[]): Promise<void> {
    await removeContainers(this.#engine, containers)
    for (const { id } of containers) this.#known?.delete(id)
  }

  async #createAnew(spec: ContainerSpec): Promise<string> {
    try {
      return await this.#engine.createContainer(spec)
    } catch (error) {
      if (!(error instanceof UserError && error.code === 'ENGINE_CONFLICT')) throw error
      await this.#engine.remove(spec.name)
      return this.#engine.createContainer(spec)
    }
  }
}

const byId = (containers: LabelledContainer[]): Map<string, LabelledContainer> =>
  new Map(containers.map((container) => [container.id, container]))
