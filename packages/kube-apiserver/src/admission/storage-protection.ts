import { type AdmissionPlugin, concerns } from './admission.ts'

/** What holds a volume or a claim for as long as it is used; the storage protection controller takes it away. */
export const PROTECTION: Record<string, string> = {
  persistentvolumes: 'kubernetes.io/pv-protection',
  persistentvolumeclaims: 'kubernetes.io/pvc-protection',
}

/** Lets no volume go that is bound, and no claim that a pod uses (StorageObjectInUseProtection). */
export const storageProtection: AdmissionPlugin = {
  mutate(request) {
    const { operation, resource, object } = request
    const finalizer = PROTECTION[resource.plural]
    if (operation !== 'CREATE' || !object || finalizer === undefined || !concerns(request, '', resource.plural)) return
    const { metadata } = object
    if (!metadata.finalizers?.includes(finalizer)) metadata.finalizers = [...(metadata.finalizers ?? []), finalizer]
  },
}
