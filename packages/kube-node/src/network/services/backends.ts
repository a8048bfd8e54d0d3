import type { Endpoint, EndpointSlice, ServicePort } from '../../model/service.ts'

/** Where connections to a port of a Service may go. */
export interface Backend {
  address: string
  port: number
  /** The pod behind it, if one is. */
  pod?: { namespace: string; name: string }
}

/** The ready endpoints of a Service's port; where none is, those that still serve while they end, as kube-proxy does (KEP-1669). */
export function backendsOf(
  slices: EndpointSlice[],
  { name = '', protocol = 'TCP' }: Pick<ServicePort, 'name' | 'protocol'>,
): Backend[] {
  const ready: Backend[] = []
  const ending: Backend[] = []
  for (const { endpoints = [], ports, addressType } of slices) {
    const port = ports?.find((one) => (one.name ?? '') === name && (one.protocol ?? 'TCP') === protocol)?.port
    if (port === undefined || addressType === 'FQDN') continue
    for (const endpoint of endpoints) {
      const { conditions = {} } = endpoint
      if (conditions.ready ?? true) ready.push(backendOf(endpoint, port))
      else if (conditions.serving && conditions.terminating) ending.push(backendOf(endpoint, port))
    }
  }
  return ready.length > 0 ? ready : ending
}

function backendOf({ addresses, targetRef }: Endpoint, port: number): Backend {
  const [address = ''] = addresses
  if (targetRef?.kind !== 'Pod') return { address, port }
  return { address, port, pod: { namespace: targetRef.namespace ?? 'default', name: targetRef.name } }
}
