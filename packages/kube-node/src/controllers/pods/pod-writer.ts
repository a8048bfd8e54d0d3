import type { ReconcileContext } from '@slipway/controller-runtime'
import { messageOf } from '@slipway/errors'
import { isApiError, type KubeClient } from '@slipway/kube-client'
import type { KubeObject } from '@slipway/kube-objects'
import { PODS } from '../../model/kinds.ts'
import type { LabelSelector, Pod } from '../../model/pod.ts'
import { Claims } from '../ownership/claims.ts'
import type { FreshCache } from '../ownership/fresh-cache.ts'
import { removeFinalizer } from '../ownership/remove-finalizer.ts'

type Teller = Pick<ReconcileContext<KubeObject>, 'event'>

/** Creates and deletes pods for the workload controllers, and tells of it as they do. */
export class PodWriter {
  readonly #client: KubeClient
  readonly #pods: FreshCache<Pod>
  readonly #claims: Claims<Pod>

  constructor(client: KubeClient, pods: FreshCache<Pod>) {
    this.#client = client
    this.#pods = pods
    this.#claims = new Claims(client, pods, PODS)
  }

  /** Those that `owner` manages now. */
  ownedBy(owner: KubeObject): Pod[] {
    return this.#pods.ownedBy(owner)
  }

  /** The same, after taking over those that match and have no manager, and letting those go that do not match. */
  claim(owner: KubeObject, selector: LabelSelector | undefined): Promise<Pod[]> {
    return this.#claims.claim(owner, selector)
  }

  /** False when there is such a pod already. */
  async create(pod: Pod, context: Teller): Promise<boolean> {
    try {
      this.#pods.wrote(await this.#client.create(pod))
    } catch (error) {
      if (isApiError(error, 'KUBE_ALREADY_EXISTS')) return false
      context.event('Warning', 'FailedCreate', `Error creating: ${messageOf(error)}`)
      throw error
    }
    context.event('Normal', 'SuccessfulCreate', `Created pod: ${pod.metadata.name}`)
    return true
  }

  /** Takes a finalizer of ours away, so that the pod may go. */
  async removeFinalizer(pod: Pod, finalizer: string): Promise<void> {
    const freed = await removeFinalizer(this.#client, pod, finalizer)
    if (freed) this.#pods.wrote(freed)
  }

  async delete(pod: Pod, context: Teller): Promise<void> {
    const { name, namespace, uid } = pod.metadata
    const ref = { ...PODS, name, ...(namespace && { namespace }) }
    const deleted = await this.#client.delete(ref, { ...(uid && { preconditions: { uid } }) })
    this.#pods.deleted(pod)
    if (deleted) context.event('Normal', 'SuccessfulDelete', `Deleted pod: ${name}`)
  }
}
