import { type KubeObject, parseQuantity } from '@slipway/kube-objects'
import type { RevisionStore } from '@slipway/storage'
import { viewEntry } from '../storage/codec.ts'
import { keyOf } from '../storage/keys.ts'
import { type AdmissionPlugin, concerns, refused } from './admission.ts'

const CLASSES = { group: 'storage.k8s.io', plural: 'storageclasses', namespaced: false }
const OLDER = 'volume.beta.kubernetes.io/storage-class'
const UNSUPPORTED =
  'only dynamically provisioned pvc can be resized and the storageclass that provisions the pvc must support resize'

/** Lets a claim grow that is bound, where its class says that its volumes can (PersistentVolumeClaimResize). */
export function volumeResize(store: RevisionStore): AdmissionPlugin {
  return {
    validate(request) {
      const { operation, object, old } = request
      if (operation !== 'UPDATE' || !object || !old || !concerns(request, '', 'persistentvolumeclaims')) return
      if (sizeOf(object) <= sizeOf(old)) return
      if (old.status?.phase !== 'Bound') {
        throw refused(request, 'Only bound persistent volume claims can be expanded')
      }
      const name = classOf(object)
      const entry = name && name === classOf(old) ? store.get(keyOf(CLASSES, undefined, name)) : undefined
      if (!entry || viewEntry(entry).allowVolumeExpansion !== true) throw refused(request, UNSUPPORTED)
    },
  }
}

const sizeOf = ({ spec }: Readonly<KubeObject>): bigint => parseQuantity(spec?.resources?.requests?.storage ?? '0')
const classOf = ({ metadata, spec }: Readonly<KubeObject>): string =>
  metadata.annotations?.[OLDER] ?? spec?.storageClassName ?? ''
