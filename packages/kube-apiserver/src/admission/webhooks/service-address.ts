import type { RevisionStore } from '@slipway/storage'
import type { Spec } from '../../defaults/spec.ts'
import { viewEntry } from '../../storage/codec.ts'
import { keyOf, prefixOf } from '../../storage/keys.ts'

const SERVICES = { group: '', plural: 'services', namespaced: true }
const SLICES = { group: 'discovery.k8s.io', plural: 'endpointslices', namespaced: true }

/** One ready endpoint behind a port of a Service, or what is missing: cluster IPs need not be reachable from the server. */
export function serviceAddress(
  store: RevisionStore,
  { namespace, name, port }: { namespace: string; name: string; port: number },
): { host: string; port: number } | string {
  const entry = store.get(keyOf(SERVICES, namespace, name))
  if (!entry) return `service "${name}" not found`
  const service = viewEntry(entry)
  if (service.spec?.type === 'ExternalName') return { host: service.spec.externalName, port }
  const wanted = ((service.spec?.ports ?? []) as Spec[]).find((one) => one.port === port)
  if (!wanted) return `service "${name}" has no port ${port}`
  for (const slice of store.list(prefixOf(SLICES, namespace)).entries) {
    const { metadata, ports = [], endpoints = [] } = viewEntry(slice)
    if (metadata.labels?.['kubernetes.io/service-name'] !== name) continue
    const target = (ports as Spec[]).find((one) => (one.name ?? '') === (wanted.name ?? ''))
    const ready = (endpoints as Spec[]).find(({ conditions }) => conditions?.ready !== false)
    if (target?.port && ready?.addresses?.[0]) return { host: ready.addresses[0], port: target.port }
  }
  return `no endpoints available for service "${name}"`
}
