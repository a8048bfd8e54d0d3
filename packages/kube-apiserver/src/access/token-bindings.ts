import type { RevisionStore } from '@slipway/storage'
import { uidOf } from '../storage/codec.ts'
import { keyOf } from '../storage/keys.ts'
import type { Binding } from './service-account-tokens.ts'

/** Whether the ServiceAccount, pod and secret of a token are still the ones it was made for. */
export function bindingIsLive(store: RevisionStore, { namespace, serviceaccount, pod, secret }: Binding): boolean {
  const same = (plural: string, reference: { name: string; uid: string } | undefined) => {
    if (!reference) return true
    const entry = store.get(keyOf({ group: '', plural, namespaced: true }, namespace, reference.name))
    return entry !== undefined && uidOf(entry.value) === reference.uid
  }
  return same('serviceaccounts', serviceaccount) && same('pods', pod) && same('secrets', secret)
}
