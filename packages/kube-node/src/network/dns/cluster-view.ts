import type { InformerSet } from '@slipway/kube-client'
import { NAMESPACES, SERVICES } from '../../model/kinds.ts'
import type { Service } from '../../model/service.ts'
import type { SliceIndex } from '../services/slice-index.ts'
import type { ZoneView } from './zone.ts'

/** The zone as the informers have it. */
export function clusterView(informers: InformerSet, slices: SliceIndex): ZoneView {
  const services = informers.for<Service>(SERVICES)
  const namespaces = informers.for(NAMESPACES)
  return {
    service: (namespace, name) => services.get({ namespace, name }),
    slices: (namespace, name) => slices.of({ namespace, name }),
    hasNamespace: (name) => namespaces.get({ name }) !== undefined,
    serviceAt: (address) => services.list().find(({ spec }) => spec.clusterIP === address),
  }
}
