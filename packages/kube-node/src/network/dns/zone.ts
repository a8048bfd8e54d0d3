import type { Endpoint, EndpointSlice, Service } from '../../model/service.ts'

/** What the zone is made of. */
export interface ZoneView {
  service(namespace: string, name: string): Service | undefined
  slices(namespace: string, name: string): EndpointSlice[]
  hasNamespace(namespace: string): boolean
  /** The Service of a cluster IP. */
  serviceAt(address: string): Service | undefined
  /** The ready pods at an address that have a name of their own in a Service. */
  hostsAt(address: string): { hostname: string; service: string; namespace: string }[]
}

export type ZoneRecord =
  | { type: 'A'; name: string; data: string }
  | { type: 'CNAME'; name: string; data: string }
  | { type: 'PTR'; name: string; data: string }
  | { type: 'SRV'; name: string; data: { port: number; target: string; weight: number; priority: number } }
  | { type: 'TXT'; name: string; data: string }

/** What the zone knows of a name: records of any type (none = the name has others), or that there is no such name. */
export type ZoneAnswer = { records: ZoneRecord[] } | 'nxdomain'

export const ZONE = 'cluster.local'
const VERSION = '1.1.0'

/**
 * The names of Kubernetes' DNS specification (kubernetes/dns, 1.1.0), and pods by their address, as CoreDNS has them.
 * Undefined for names of elsewhere.
 */
export function lookUp(name: string, view: ZoneView): ZoneAnswer | undefined {
  const lower = name.toLowerCase().replace(/\.$/, '')
  if (lower.endsWith('.in-addr.arpa')) return reverse(lower, view)
  if (lower === ZONE) return { records: [] }
  if (!lower.endsWith(`.${ZONE}`)) return undefined
  const labels = lower.slice(0, -ZONE.length - 1).split('.')
  const last = labels.pop()
  if (last === 'dns-version' && labels.length === 0) return { records: [{ type: 'TXT', name, data: VERSION }] }
  if (last === 'svc') return serviceNames(name, labels, view)
  if (last === 'pod') return podName(name, labels, view)
  return 'nxdomain'
}

function serviceNames(name: string, labels: string[], view: ZoneView): ZoneAnswer {
  if (labels.length === 0) return { records: [] }
  const namespace = labels.pop() ?? ''
  const serviceName = labels.pop()
  if (serviceName === undefined) return view.hasNamespace(namespace) ? { records: [] } : 'nxdomain'
  const service = view.service(namespace, serviceName)
  if (!service) return 'nxdomain'
  if (service.spec.type === 'ExternalName') {
    return labels.length > 0
      ? 'nxdomain'
      : { records: [{ type: 'CNAME', name, data: service.spec.externalName ?? '' }] }
  }
  const base = `${serviceName}.${namespace}.svc.${ZONE}`
  const hosts = isHeadless(service) ? hostsOf(view.slices(namespace, serviceName), base) : []
  const [first, second, third] = labels
  if (first === undefined)
    return { records: [...addresses(name, service, hosts), ...allPorts(name, base, service, hosts)] }
  if (third !== undefined) return 'nxdomain'
  if (second !== undefined) return portName(name, { port: first, protocol: second }, { base, service, hosts })
  // _tcp and _udp by themselves hold nothing.
  if (first === '_tcp' || first === '_udp') return { records: [] }
  const found = hosts.filter((host) => host.label === first)
  return found.length > 0 ? { records: found.map(({ address }) => ({ type: 'A', name, data: address })) } : 'nxdomain'
}

/** A pod behind a headless Service. */
interface Host {
  /** Its own name, or its address with dashes. */
  label: string
  target: string
  address: string
  ports: { name: string; protocol: string; port: number }[]
}

function hostsOf(slices: EndpointSlice[], base: string): Host[] {
  return slices.flatMap(({ endpoints, ports }) =>
    (endpoints ?? []).filter(isReady).map(({ addresses: [address = ''], hostname }) => {
      const label = hostname ?? address.replaceAll('.', '-')
      const known = (ports ?? []).map((port) => ({
        name: port.name ?? '',
        protocol: (port.protocol ?? 'TCP').toLowerCase(),
        port: port.port ?? 0,
      }))
      return { label, target: `${label}.${base}`, address, ports: known }
    }),
  )
}

export const isReady = ({ conditions }: Endpoint): boolean => conditions?.ready ?? true

const isHeadless = ({ spec }: Service): boolean => !spec.clusterIP || spec.clusterIP === 'None'

function addresses(name: string, service: Service, hosts: Host[]): ZoneRecord[] {
  const list = isHeadless(service) ? hosts.map(({ address }) => address) : [service.spec.clusterIP ?? '']
  return list.map((data) => ({ type: 'A', name, data }))
}

/** A question for SRV of the Service itself is answered with every port, as CoreDNS does. */
function allPorts(name: string, base: string, service: Service, hosts: Host[]): ZoneRecord[] {
  return portRecords(name, () => true, { base, service, hosts })
}

function portName(
  name: string,
  { port, protocol }: { port: string; protocol: string },
  known: { base: string; service: Service; hosts: Host[] },
): ZoneAnswer {
  const matches = (one: { name: string; protocol: string }): boolean =>
    `_${one.name.toLowerCase()}` === port && `_${one.protocol}` === protocol
  const records = portRecords(name, matches, known)
  return records.length > 0 ? { records } : 'nxdomain'
}

function portRecords(
  name: string,
  matches: (port: { name: string; protocol: string }) => boolean,
  { base, service, hosts }: { base: string; service: Service; hosts: Host[] },
): ZoneRecord[] {
  const own = (service.spec.ports ?? []).map((port) => ({
    name: port.name ?? '',
    protocol: (port.protocol ?? 'TCP').toLowerCase(),
    port: port.port,
  }))
  const targets = isHeadless(service)
    ? hosts.flatMap(({ target, ports }) => ports.map((port) => ({ ...port, target })))
    : own.map((port) => ({ ...port, target: base }))
  const found = targets.filter((one) => one.name !== '' && matches(one))
  const weight = Math.max(1, Math.floor(100 / Math.max(1, found.length)))
  return found.map(({ port, target }) => ({ type: 'SRV', name, data: { port, target, weight, priority: 0 } }))
}

/** `10-88-0-7.default.pod.cluster.local` is the address that it names. */
function podName(name: string, labels: string[], view: ZoneView): ZoneAnswer {
  const [address, namespace, ...more] = labels
  if (namespace === undefined || more.length > 0 || !view.hasNamespace(namespace)) return 'nxdomain'
  const match = /^(\d{1,3})-(\d{1,3})-(\d{1,3})-(\d{1,3})$/.exec(address ?? '')
  return match ? { records: [{ type: 'A', name, data: match.slice(1).join('.') }] } : 'nxdomain'
}

function reverse(name: string, view: ZoneView): ZoneAnswer | undefined {
  const address = name.slice(0, -'.in-addr.arpa'.length).split('.').reverse().join('.')
  const service = view.serviceAt(address)
  if (service) {
    const { name: serviceName, namespace = 'default' } = service.metadata
    return { records: [{ type: 'PTR', name, data: `${serviceName}.${namespace}.svc.${ZONE}` }] }
  }
  const hosts = view.hostsAt(address)
  if (hosts.length === 0) return undefined
  return {
    records: hosts.map(({ hostname, service: serviceName, namespace }) => ({
      ...{ type: 'PTR', name, data: `${hostname}.${serviceName}.${namespace}.svc.${ZONE}` },
    })),
  }
}
