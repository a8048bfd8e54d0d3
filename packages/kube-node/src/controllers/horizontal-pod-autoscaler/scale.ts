import { isApiError, type KubeClient, type ObjectRef } from '@slipway/kube-client'
import type { Autoscaler, Scale } from './autoscaler.ts'

/** What an autoscaler scales, of whatever kind. */
export class ScaleTarget {
  readonly #client: KubeClient
  readonly #ref: ObjectRef

  constructor(client: KubeClient, { metadata, spec }: Autoscaler) {
    this.#client = client
    const { apiVersion = 'v1', kind, name } = spec.scaleTargetRef
    this.#ref = { apiVersion, kind, name, namespace: metadata.namespace ?? 'default' }
  }

  /** Throws when there is no such kind or object, or when it can't be scaled. */
  async read(): Promise<Scale> {
    const { apiVersion, kind, name, namespace } = this.#ref
    const isCore = !apiVersion.includes('/')
    try {
      const { plural } = await this.#client.resource(this.#ref)
      const root = isCore ? `/api/${apiVersion}` : `/apis/${apiVersion}`
      return JSON.parse(await this.#client.getText(`${root}/namespaces/${namespace}/${plural}/${name}/scale`)) as Scale
    } catch (error) {
      if (!isApiError(error, 'KUBE_NO_SUCH_KIND')) throw error
      const group = isCore ? '' : apiVersion.split('/')[0]
      throw new Error(`no matches for kind "${kind}" in group "${group}"`, { cause: error })
    }
  }

  async write(replicas: number): Promise<void> {
    const options = { subresource: 'scale', fieldManager: 'horizontal-pod-autoscaler' } as const
    await this.#client.patch(this.#ref, 'merge', { spec: { replicas } }, options)
  }
}
