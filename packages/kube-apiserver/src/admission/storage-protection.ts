import type { Resource } from '../registry/resource.ts'
import { type AdmissionPlugin, concerns } from './admission.ts'

/** What holds a volume, a claim or a class of attributes for as long as it is used; the storage protection controller takes it away. */
const PROTECTION: Record<string, readonly [group: string, finalizer: string]> = {
  persistentvolumes: ['', 'kubernetes.io/pv-protection'],
  persistentvolumeclaims: ['', 'kubernetes.io/pvc-protection'],
  volumeattributesclasses: ['storage.k8s.io', 'kubernetes.io/vac-protection'],
}

export const protectionOf = ({ plural }: Pick<Resource, 'plural'>): string => PROTECTION[plural]?.[1] ?? ''

/** Lets no volume go that is bound, no claim that a pod uses, and no class that one of these has (StorageObjectInUseProtection). */
export const storageProtection: AdmissionPlugin = {
  mutate(request) {
    const { operation, resource, object } = request
    const [group, finalizer] = PROTECTION[resource.plural] ?? []
    if (operation !== 'CREATE' || !object || !finalizer) return
    if (group === undefined || !concerns(request, group, resource.plural)) return
    const { metadata } = object
    if (!metadata.finalizers?.includes(finalizer)) metadata.finalizers = [...(metadata.finalizers ?? []), finalizer]
  },
}
