import type { RevisionStore } from '@slipway/storage'
import type { Spec } from '../defaults/spec.ts'
import { viewEntry } from '../storage/codec.ts'
import { keyOf, prefixOf } from '../storage/keys.ts'

const SERVICES = { group: '', plural: 'services', namespaced: true }
const SLICES = { group: 'discovery.k8s.io', plural: 'endpointslices', namespaced: true }

/** A port of a Service, by number or name; empty = its only one. */
export interface ServicePort {
  namespace: string
  name: string
  port: number | string
}

/** Whether the server may connect to an endpoint at one of its addresses. */
type Accepts = (endpoint: Spec, address: string) => boolean

/** One of the ready endpoints behind a port of a Service, or what is missing: cluster IPs need not be reachable from the server. */
export function serviceAddress(
  store: RevisionStore,
  { namespace, name, port }: ServicePort,
  accepts: Accepts = () => true,
): { host: string; port: number } | string {
  const entry = store.get(keyOf(SERVICES, namespace, name))
  if (!entry) return `service "${name}" not found`
  const { spec = {} } = viewEntry(entry)
  if (spec.type === 'ExternalName') return { host: spec.externalName, port: Number(port) }
  const ports = (spec.ports ?? []) as Spec[]
  const wanted = port === '' && ports.length === 1 ? ports[0] : ports.find((one) => isPort(one, port))
  if (!wanted) return `no service port ${JSON.stringify(port)} found for service "${name}"`
  const ready: { host: string; port: number }[] = []
  for (const slice of store.list(prefixOf(SLICES, namespace)).entries) {
    const { metadata, ports: own, endpoints } = viewEntry(slice)
    if (metadata.labels?.['kubernetes.io/service-name'] !== name) continue
    const target = ((own ?? []) as Spec[]).find((one) => (one.name ?? '') === (wanted.name ?? ''))
    if (!target?.port) continue
    for (const endpoint of (endpoints ?? []) as Spec[]) {
      const [host] = endpoint.addresses ?? []
      if (endpoint.conditions?.ready === false || !host || !accepts(endpoint, host)) continue
      ready.push({ host, port: target.port })
    }
  }
  return ready[Math.floor(Math.random() * ready.length)] ?? `no endpoints available for service "${name}"`
}

function isPort({ port, name }: Spec, wanted: number | string): boolean {
  return port === Number(wanted) || (name !== undefined && name === wanted)
}
