import type { RevisionStore } from '@slipway/storage'
import { viewEntry } from '../storage/codec.ts'
import { prefixOf } from '../storage/keys.ts'
import { type AdmissionPlugin, type AdmissionRequest, concerns } from './admission.ts'

/** Kinds of which each object is of a class, and where it says of which. */
const CLASSED = [
  {
    ...{ group: '', plural: 'persistentvolumeclaims', field: 'storageClassName' },
    older: 'volume.beta.kubernetes.io/storage-class',
    classes: { group: 'storage.k8s.io', plural: 'storageclasses', namespaced: false },
    marks: ['storageclass.kubernetes.io/is-default-class', 'storageclass.beta.kubernetes.io/is-default-class'],
  },
  {
    ...{ group: 'networking.k8s.io', plural: 'ingresses', field: 'ingressClassName' },
    older: 'kubernetes.io/ingress.class',
    classes: { group: 'networking.k8s.io', plural: 'ingressclasses', namespaced: false },
    marks: ['ingressclass.kubernetes.io/is-default-class'],
  },
]

/** Gives claims and Ingresses that name no class the default one (the DefaultStorageClass and DefaultIngressClass admissions). */
export function defaultClasses(store: RevisionStore): AdmissionPlugin {
  return {
    mutate(request) {
      const { object, operation } = request
      if (operation !== 'CREATE' || !object) return
      for (const kind of CLASSED) {
        if (!concerns(request, kind.group, kind.plural) || isClassed(object, kind)) continue
        const name = newest(store, kind)
        if (name) object.spec = { ...object.spec, [kind.field]: name }
      }
    },
  }
}

function isClassed(
  { metadata, spec }: NonNullable<AdmissionRequest['object']>,
  kind: (typeof CLASSED)[number],
): boolean {
  return spec?.[kind.field] !== undefined || metadata.annotations?.[kind.older] !== undefined
}

/** Of several default classes the newest counts. */
function newest(store: RevisionStore, { classes, marks }: (typeof CLASSED)[number]): string | undefined {
  const found = store
    .list(prefixOf(classes))
    .entries.map((entry) => viewEntry(entry).metadata)
    .filter(({ annotations = {} }) => marks.some((mark) => annotations[mark] === 'true'))
  const age = ({ creationTimestamp = '' }: (typeof found)[number]): string => creationTimestamp
  return found.sort((a, b) => age(b).localeCompare(age(a)) || a.name.localeCompare(b.name))[0]?.name
}
