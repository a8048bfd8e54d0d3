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
type Verb = 'create' | 'delete'

/** What a kind of controller says of a pod that it has written, or with `error` has not. */
export type PodWords = (verb: Verb, pod: Pod, error?: unknown) => string

/** The words of most (kube-controller-manager, RealPodControl). */
const PLAIN: PodWords = (verb, { metadata }, error) => {
  const isCreate = verb === 'create'
  return error === undefined
    ? `${isCreate ? 'Created' : 'Deleted'} pod: ${metadata.name}`
    : `Error ${isCreate ? 'creating' : 'deleting'}: ${messageOf(error)}`
}

/** Creates and deletes pods for the workload controllers, and tells of it as they do. */
export class PodWriter {
  readonly #client: KubeClient
  readonly #pods: FreshCache<Pod>
  readonly #claims: Claims<Pod>
  readonly #words: PodWords

  constructor(client: KubeClient, pods: FreshCache<Pod>, words = PLAIN) {
    this.#client = client
    this.#words = words
    this.#pods = pods
    this.#claims = new Claims(client, pods, PODS)
  }

  /** Those that `owner` manages now. */
  ownedBy(owner: KubeObject): Pod[] {
    return this.#pods.ownedBy(owner)
  }

  /** The same, after taking over those that match and have no manager, and letting those go that do not match. */
  claim(owner: KubeObject, selector: LabelSelector | undefined, mayOwn?: (pod: Pod) => boolean): Promise<Pod[]> {
    return this.#claims.claim(owner, selector, mayOwn)
  }

  /** False when there is such a pod already. */
  async create(pod: Pod, context: Teller): Promise<boolean> {
    try {
      this.#pods.wrote(await this.#client.create(pod))
    } catch (error) {
      if (isApiError(error, 'KUBE_ALREADY_EXISTS')) return false
      context.event('Warning', 'FailedCreate', this.#words('create', pod, error))
      throw error
    }
    context.event('Normal', 'SuccessfulCreate', this.#words('create', pod))
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
    let deleted: boolean
    try {
      deleted = await this.#client.delete(ref, { ...(uid && { preconditions: { uid } }) })
    } catch (error) {
      context.event('Warning', 'FailedDelete', this.#words('delete', pod, error))
      throw error
    }
    this.#pods.deleted(pod)
    if (deleted) context.event('Normal', 'SuccessfulDelete', this.#words('delete', pod))
  }
}
