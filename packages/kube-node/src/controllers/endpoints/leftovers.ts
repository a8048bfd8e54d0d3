import type { Reconciler } from '@slipway/controller-runtime'
import type { KubeClient } from '@slipway/kube-client'
import type { KubeObject, ObjectKey } from '@slipway/kube-objects'
import { ENDPOINTS } from '../../model/kinds.ts'
import { ENDPOINTS_MANAGED_BY } from './endpoints.ts'

/** Takes Endpoints away that have lost their Service: they belong to it by their name alone. */
export function leftoverEndpointsReconciler(
  client: KubeClient,
  hasService: (key: ObjectKey) => boolean,
): Reconciler<KubeObject> {
  return {
    async reconcile({ metadata }) {
      const { name, namespace, labels = {}, deletionTimestamp } = metadata
      const key = { name, ...(namespace && { namespace }) }
      if (labels[ENDPOINTS_MANAGED_BY] && !deletionTimestamp && !hasService(key)) {
        await client.delete({ ...ENDPOINTS, ...key })
      }
      return { kind: 'ready', reason: 'Synced', message: '' }
    },
  }
}
