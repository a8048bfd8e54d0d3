import type { ReconcileContext } from '@slipway/controller-runtime'
import { isApiError, type KubeClient } from '@slipway/kube-client'
import type { KubeObject } from '@slipway/kube-objects'
import type { Pod } from '../model/pod.ts'
import type { FreshCache } from './fresh-cache.ts'

/** Creates and deletes pods for the workload controllers, and tells of it as they do. */
export class PodWriter {
  readonly #client: KubeClient
  readonly #pods: FreshCache<Pod>

  constructor(client: KubeClient, pods: FreshCache<Pod>) {
    this.#client = client
    this.#pods = pods
  }

  ownedBy(owner: KubeObject): Pod[] {
    return this.#pods.ownedBy(owner)
  }

  /** False when there is such a pod already. */
  async create<T extends KubeObject>(pod: Pod, context: Pick<ReconcileContext<T>, 'event'>): Promise<boolean> {
    try {
      this.#pods.wrote(await this.#client.create(pod))
    } catch (error) {
      if (isApiError(error, 'KUBE_ALREADY_EXISTS')) return false
      context.event(
        'Warning',
        'FailedCreate',
        `Error creating: ${error instanceof Error ? error.message : String(error)}`,
      )
      throw error
    }
    context.event('Normal', 'SuccessfulCreate', `Created pod: ${pod.metadata.name}`)
    return true
  }

  async delete<T extends KubeObject>(pod: Pod, context: Pick<ReconcileContext<T>, 'event'>): Promise<void> {
    const { name, namespace, uid } = pod.metadata
    const deleted = await this.#client.delete(
      { apiVersion: 'v1', kind: 'Pod', name, ...(namespace && { namespace }) },
      { ...(uid && { preconditions: { uid } }) },
    )
    this.#pods.deleted(pod)
    if (deleted) context.event('Normal', 'SuccessfulDelete', `Deleted pod: ${name}`)
  }
}
