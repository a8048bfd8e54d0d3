import type { Informer } from '@slipway/kube-client'
import type { ObjectKey } from '@slipway/kube-objects'
import { SERVICE_NAME } from '../../controllers/endpoints/endpoints.ts'
import type { EndpointSlice } from '../../model/service.ts'

/** The EndpointSlices of each Service, found without looking at all of them. */
export class SliceIndex {
  readonly #slices: Informer<EndpointSlice>
  readonly #byService = new Map<string, Map<string, EndpointSlice>>()
  readonly #listeners = new Set<(service: ObjectKey) => void>()
  #unsubscribe = (): void => {}

  constructor(slices: Informer<EndpointSlice>) {
    this.#slices = slices
  }

  /** Resolves when all are known. */
  async start(): Promise<void> {
    await this.#slices.start()
    this.#unsubscribe = this.#slices.on(({ type, object, previous }) => {
      if (previous) this.#take(previous)
      if (type === 'deleted') this.#take(object)
      else this.#put(object)
      for (const slice of previous ? [previous, object] : [object]) this.#tell(slice)
    })
  }

  stop(): void {
    this.#unsubscribe()
  }

  of({ namespace, name }: ObjectKey): EndpointSlice[] {
    return [...(this.#byService.get(`${namespace}/${name}`)?.values() ?? [])]
  }

  /** Told of each Service whose slices change. */
  on(listener: (service: ObjectKey) => void): void {
    this.#listeners.add(listener)
  }

  #put(slice: EndpointSlice): void {
    const key = keyOf(slice)
    const slices = this.#byService.get(key) ?? new Map<string, EndpointSlice>()
    slices.set(slice.metadata.name, slice)
    this.#byService.set(key, slices)
  }

  #take(slice: EndpointSlice): void {
    const key = keyOf(slice)
    const slices = this.#byService.get(key)
    slices?.delete(slice.metadata.name)
    if (slices?.size === 0) this.#byService.delete(key)
  }

  #tell({ metadata }: EndpointSlice): void {
    const { namespace = 'default', labels } = metadata
    const name = labels?.[SERVICE_NAME]
    if (name) for (const listener of this.#listeners) listener({ namespace, name })
  }
}

const keyOf = ({ metadata }: EndpointSlice): string => `${metadata.namespace}/${metadata.labels?.[SERVICE_NAME]}`
