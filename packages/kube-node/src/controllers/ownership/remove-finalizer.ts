import { isApiError, type KubeClient } from '@slipway/kube-client'
import type { KubeObject } from '@slipway/kube-objects'

/** Takes a finalizer of ours away. Resolves to undefined when the object has gone, or another one has come in its place. */
export async function removeFinalizer<T extends KubeObject>(
  client: Pick<KubeClient, 'patch'>,
  { apiVersion, kind, metadata }: T,
  finalizer: string,
): Promise<T | undefined> {
  const { name, namespace, uid } = metadata
  const ref = { apiVersion, kind, name, ...(namespace && { namespace }) }
  try {
    return await client.patch<T>(ref, 'strategic', {
      metadata: { uid, '$deleteFromPrimitiveList/finalizers': [finalizer] },
    })
  } catch (error) {
    if (isApiError(error, 'KUBE_NOT_FOUND') || isApiError(error, 'KUBE_INVALID')) return undefined
    throw error
  }
}
