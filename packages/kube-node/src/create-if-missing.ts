import { isApiError, type KubeClient } from '@slipway/kube-client'
import type { KubeObject } from '@slipway/kube-objects'

/** Resolves to what was created, or to undefined when there is an object of that name. */
export async function createIfMissing<T extends KubeObject>(
  client: Pick<KubeClient, 'create'>,
  object: T,
): Promise<T | undefined> {
  try {
    return await client.create(object)
  } catch (error) {
    if (isApiError(error, 'KUBE_ALREADY_EXISTS')) return undefined
    throw error
  }
}
