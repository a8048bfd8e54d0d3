import type { InformerSet } from '@slipway/kube-client'
import { SERVICE_NAME } from '../../controllers/endpoints/endpoints.ts'
import { ENDPOINT_SLICES, NAMESPACES, SERVICES } from '../../model/kinds.ts'
import type { EndpointSlice, Service } from '../../model/service.ts'
import type { SliceIndex } from '../services/slice-index.ts'
import { isReady, type ZoneView } from './zone.ts'

/** The zone as the informers have it. */
export function clusterView(informers: InformerSet, slices: SliceIndex): ZoneView {
  const services = informers.for<Service>(SERVICES)
  const namespaces = informers.for(NAMESPACES)
  return {
    service: (namespace, name) => services.get({ namespace, name }),
    slices: (namespace, name) => slices.of({ namespace, name }),
    hasNamespace: (name) => namespaces.get({ name }) !== undefined,
    hostsAt: (address) =>
      informers
        .for<EndpointSlice>(ENDPOINT_SLICES)
        .list()
        .flatMap((slice) => hostsIn(slice, address)),
    serviceAt: (address) => services.list().find(({ spec }) => spec.clusterIP === address),
  }
}

function hostsIn({ metadata, endpoints }: EndpointSlice, address: string): ReturnType<ZoneView['hostsAt']> {
  const { namespace = 'default', labels } = metadata
  const service = labels?.[SERVICE_NAME]
  if (service === undefined) return []
  return (endpoints ?? []).flatMap((endpoint) => {
    const { hostname, addresses } = endpoint
    return hostname && addresses.includes(address) && isReady(endpoint) ? [{ hostname, service, namespace }] : []
  })
}
