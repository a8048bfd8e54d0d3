import type { RevisionStore } from '@slipway/storage'
import { uidOf } from '../storage/codec.ts'
import { keyOf } from '../storage/keys.ts'
import type { Binding, Reference } from './service-account-tokens.ts'

/** Whether the ServiceAccount of a token, and the pod, secret or node that it ends with, are still the ones it was made for. */
export function bindingIsLive(store: RevisionStore, binding: Binding): boolean {
  const { namespace, serviceaccount, pod, secret, node } = binding
  const same = (plural: string, reference: Partial<Reference> | undefined, namespaced = true) => {
    if (!reference) return true
    const entry = store.get(keyOf({ group: '', plural, namespaced }, namespace, reference.name ?? ''))
    return entry !== undefined && uidOf(entry.value) === reference.uid
  }
  // A pod's node is only told of.
  const end = pod ? undefined : node
  return (
    same('serviceaccounts', serviceaccount) && same('pods', pod) && same('secrets', secret) && same('nodes', end, false)
  )
}
