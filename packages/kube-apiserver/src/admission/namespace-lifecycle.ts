import type { RevisionStore } from '@slipway/storage'
import { notFound, StatusError } from '../api/status.ts'
import { viewEntry } from '../storage/codec.ts'
import { keyOf } from '../storage/keys.ts'
import { type AdmissionPlugin, refused } from './admission.ts'

const NAMESPACES = { group: '', plural: 'namespaces', namespaced: false }

/** Lets objects only into namespaces that exist and are not being deleted (NamespaceLifecycle). */
export function namespaceLifecycle(store: RevisionStore): AdmissionPlugin {
  return {
    mutate(request) {
      const { operation, resource, namespace = '' } = request
      if (operation !== 'CREATE' || !resource.namespaced) return
      const entry = store.get(keyOf(NAMESPACES, undefined, namespace))
      if (!entry) throw notFound(NAMESPACES, namespace)
      // The text is looked at before it is parsed: this happens with every create.
      if (!entry.value.includes('"deletionTimestamp"')) return
      if (!viewEntry(entry).metadata.deletionTimestamp) return
      const why = `unable to create new content in namespace ${namespace} because it is being terminated`
      const { message, details } = refused(request, why).status
      throw new StatusError(403, 'Forbidden', message ?? '', {
        ...details,
        causes: [
          {
            reason: 'NamespaceTerminating',
            message: `namespace ${namespace} is being terminated`,
            field: 'metadata.namespace',
          },
        ],
      })
    },
  }
}
