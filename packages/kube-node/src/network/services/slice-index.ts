import type { Informer, ObjectIndex } from '@slipway/kube-client'
import type { ObjectKey } from '@slipway/kube-objects'
import { SERVICE_NAME } from '../../controllers/endpoints/endpoints.ts'
import { byService, keyText } from '../../indexes.ts'
import type { EndpointSlice } from '../../model/service.ts'

/** The EndpointSlices of each Service, found without looking at all of them. */
export class SliceIndex {
  readonly #slices: Informer<EndpointSlice>
  readonly #byService: ObjectIndex<EndpointSlice>
  readonly #listeners = new Set<(service: ObjectKey) => void>()
  #unsubscribe = (): void => {}

  constructor(slices: Informer<EndpointSlice>) {
    this.#slices = slices
    this.#byService = slices.index(byService)
  }

  /** Resolves when all are known. */
  async start(): Promise<void> {
    await this.#slices.start()
    this.#unsubscribe = this.#slices.on(({ object, previous }) => {
      for (const slice of previous ? [previous, object] : [object]) this.#tell(slice)
    })
  }

  stop(): void {
    this.#unsubscribe()
  }

  of(service: ObjectKey): EndpointSlice[] {
    return this.#byService.of(keyText(service))
  }

  /** Told of each Service whose slices change. */
  on(listener: (service: ObjectKey) => void): void {
    this.#listeners.add(listener)
  }

  #tell({ metadata }: EndpointSlice): void {
    const { namespace = 'default', labels } = metadata
    const name = labels?.[SERVICE_NAME]
    if (name) for (const listener of this.#listeners) listener({ namespace, name })
  }
}
