import { isApiError, type KubeClient } from '@slipway/kube-client'
import type { GroupVersionKind, KubeObject } from '@slipway/kube-objects'
import { controllerOf, ownerReference, selectionBy } from '../../labels.ts'
import type { LabelSelector } from '../../model/pod.ts'
import type { FreshCache } from './fresh-cache.ts'

/** The objects of one kind that owners manage: those that match and have no manager are taken over, others are let go (ControllerRefManager). */
export class Claims<T extends KubeObject> {
  readonly #client: KubeClient
  readonly #objects: FreshCache<T>
  readonly #kind: GroupVersionKind

  constructor(client: KubeClient, objects: FreshCache<T>, kind: GroupVersionKind) {
    this.#client = client
    this.#objects = objects
    this.#kind = kind
  }

  /** All that `owner` manages now. An owner that is going takes nothing over, and none what `mayOwn` does not let it. */
  async claim(
    owner: KubeObject,
    selector: LabelSelector | undefined,
    mayOwn: (object: T) => boolean = () => true,
  ): Promise<T[]> {
    const { uid, deletionTimestamp } = owner.metadata
    const selects = selectionBy(selector)
    const claimed: T[] = []
    const found: T[] = []
    for (const object of this.#objects.claimableBy(owner)) {
      const manager = controllerOf(object)
      const matches = selects(object.metadata.labels) && mayOwn(object)
      if (manager && (matches || deletionTimestamp)) claimed.push(object)
      else if (manager) await this.#release(object, uid)
      else if (matches && !deletionTimestamp && !object.metadata.deletionTimestamp) found.push(object)
    }
    return [...claimed, ...(await this.#adopt(found, owner))]
  }

  /** A cache may not know yet that the owner is gone, and what it took over would be collected with it (RecheckDeletionTimestamp). */
  async #adopt(found: T[], owner: KubeObject): Promise<T[]> {
    if (found.length === 0) return []
    const { apiVersion, kind, metadata } = owner
    const { name, namespace, uid } = metadata
    const fresh = await this.#client.get({ apiVersion, kind, name, ...(namespace && { namespace }) })
    if (fresh?.metadata.uid !== uid || fresh?.metadata.deletionTimestamp) return []
    const adopted: T[] = []
    for (const object of found) {
      const patched = await this.#patch(object, [ownerReference(owner)])
      if (patched) adopted.push(patched)
    }
    return adopted
  }

  async #release(object: T, uid: string | undefined): Promise<void> {
    await this.#patch(object, [{ $patch: 'delete', uid }])
  }

  /** Undefined when it has gone meanwhile. */
  async #patch({ metadata }: T, ownerReferences: object[]): Promise<T | undefined> {
    const { name, namespace, uid } = metadata
    const ref = { ...this.#kind, name, ...(namespace && { namespace }) }
    try {
      // The uid makes an object of the same name that came after this one refuse.
      const patched = await this.#client.patch<T>(ref, 'strategic', { metadata: { uid, ownerReferences } })
      return this.#objects.wrote(patched)
    } catch (error) {
      if (isApiError(error, 'KUBE_NOT_FOUND') || isApiError(error, 'KUBE_INVALID')) return undefined
      throw error
    }
  }
}
