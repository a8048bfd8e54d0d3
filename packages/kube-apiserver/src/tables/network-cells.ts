import type { KubeObject } from '@slipway/kube-objects'
import type { Cell, CellMaker } from './cells.ts'
import { labelsText } from './workload-cells.ts'

type View = Readonly<KubeObject>

interface ServicePort {
  port: number
  nodePort?: number
  protocol?: string
}

function service({ spec, status = {} }: View): Record<string, Cell> {
  const ports: ServicePort[] = spec.ports ?? []
  const texts = ports.map(
    ({ port, nodePort, protocol }) => `${port}${nodePort ? `:${nodePort}` : ''}/${protocol ?? 'TCP'}`,
  )
  return {
    Type: spec.type ?? 'ClusterIP',
    'Cluster-IP': spec.clusterIPs?.[0] ?? spec.clusterIP ?? '<none>',
    'External-IP': externalAddress(spec, status),
    'Port(s)': texts.join(',') || '<none>',
    Selector: labelsText(spec.selector),
  }
}

function externalAddress(spec: View, status: View): string {
  const given: string[] = spec.externalIPs ?? []
  if (spec.type === 'ExternalName') return spec.externalName ?? '<none>'
  if (spec.type !== 'LoadBalancer') return given.join(',') || '<none>'
  const ingress: { ip?: string; hostname?: string }[] = status.loadBalancer?.ingress ?? []
  return [...ingress.map(({ ip, hostname }) => ip ?? hostname ?? ''), ...given].join(',') || '<pending>'
}

function ingress({ spec = {}, status = {} }: View): Record<string, Cell> {
  const hosts: string[] = (spec.rules ?? []).map(({ host }: { host?: string }) => host).filter(Boolean)
  const addresses: { ip?: string; hostname?: string }[] = status.loadBalancer?.ingress ?? []
  return {
    Class: spec.ingressClassName ?? '<none>',
    Hosts: shortened(hosts, 3) || '*',
    Address: addresses.map(({ ip, hostname }) => ip ?? hostname ?? '').join(','),
    Ports: spec.tls?.length ? '80, 443' : '80',
  }
}

/** The first few, and how many more there are. */
function shortened(items: string[], limit: number): string {
  if (items.length <= limit) return items.join(',')
  return `${items.slice(0, limit).join(',')} + ${items.length - limit} more...`
}

interface EndpointSubset {
  addresses?: { ip: string }[]
  ports?: { port: number }[]
}

function endpoints({ subsets }: View): Record<string, Cell> {
  const all = ((subsets ?? []) as EndpointSubset[]).flatMap(({ addresses = [], ports = [] }) =>
    addresses.flatMap(({ ip }) => (ports.length ? ports.map(({ port }) => `${ip}:${port}`) : [ip])),
  )
  return { Endpoints: shortened(all, 3) || '<none>' }
}

function endpointSlice({ addressType, ports, endpoints: points }: View): Record<string, Cell> {
  const numbers: string[] = (ports ?? []).map(({ port }: { port?: number }) => String(port ?? '*'))
  const addresses: string[] = (points ?? []).flatMap(({ addresses: one }: { addresses: string[] }) => one)
  return {
    AddressType: addressType ?? '',
    Ports: shortened(numbers, 3) || '<unset>',
    Endpoints: shortened(addresses, 3) || '<unset>',
  }
}

/** Services and what leads to them. */
export const networkCells: Record<string, CellMaker> = {
  '/services': service,
  '/endpoints': endpoints,
  'discovery.k8s.io/endpointslices': endpointSlice,
  'networking.k8s.io/ingresses': ingress,
  'networking.k8s.io/ingressclasses': ({ spec = {} }) => ({
    Controller: spec.controller ?? '',
    Parameters: spec.parameters
      ? `${spec.parameters.kind}.${spec.parameters.apiGroup ?? ''}/${spec.parameters.name}`
      : '<none>',
  }),
  'networking.k8s.io/networkpolicies': ({ spec = {} }) => ({
    'Pod-Selector': labelsText(spec.podSelector?.matchLabels),
  }),
  'networking.k8s.io/servicecidrs': ({ spec = {} }) => ({ CIDRs: (spec.cidrs ?? []).join(',') }),
  'networking.k8s.io/ipaddresses': ({ spec = {} }) => {
    const { resource, namespace, name } = spec.parentRef ?? {}
    return { ParentRef: [resource, namespace, name].filter(Boolean).join('/') }
  },
}
