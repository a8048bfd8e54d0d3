import type { Endpoint, EndpointSlice, ServicePort } from '../../model/service.ts'

/** Where connections to a port of a Service may go. */
export interface Backend {
  address: string
  port: number
  /** The pod behind it, if one is. */
  pod?: { namespace: string; name: string }
}

type PortName = Pick<ServicePort, 'name' | 'protocol'>

/** The ready endpoints of a Service's port; where none is, those that still serve while they end, as kube-proxy does (KEP-1669). */
export function backendsOf(slices: EndpointSlice[], port: PortName): Backend[] {
  const all = endpointsOf(slices, port)
  const ready = all.filter(({ endpoint }) => isReady(endpoint))
  const chosen = ready.length > 0 ? ready : all.filter(({ endpoint }) => isServing(endpoint) && isEnding(endpoint))
  return chosen.map(({ backend }) => backend)
}

/** The endpoints with which a caller may stay, which no new one may be sent to (kube-proxy, conntrack/cleanup.go). */
export function servingBackends(slices: EndpointSlice[], port: PortName): Backend[] {
  return endpointsOf(slices, port)
    .filter(({ endpoint }) => isServing(endpoint))
    .map(({ backend }) => backend)
}

function endpointsOf(
  slices: EndpointSlice[],
  { name = '', protocol = 'TCP' }: PortName,
): { endpoint: Endpoint; backend: Backend }[] {
  return slices.flatMap(({ endpoints, ports, addressType }) => {
    const port = ports?.find((one) => (one.name ?? '') === name && (one.protocol ?? 'TCP') === protocol)?.port
    if (port === undefined || addressType === 'FQDN') return []
    return (endpoints ?? []).map((endpoint) => ({ endpoint, backend: backendOf(endpoint, port) }))
  })
}

const isReady = ({ conditions }: Endpoint): boolean => conditions?.ready ?? true

const isServing = (endpoint: Endpoint): boolean => endpoint.conditions?.serving ?? isReady(endpoint)

const isEnding = ({ conditions }: Endpoint): boolean => conditions?.terminating === true

function backendOf({ addresses, targetRef }: Endpoint, port: number): Backend {
  const [address = ''] = addresses
  if (targetRef?.kind !== 'Pod') return { address, port }
  return { address, port, pod: { namespace: targetRef.namespace ?? 'default', name: targetRef.name } }
}
