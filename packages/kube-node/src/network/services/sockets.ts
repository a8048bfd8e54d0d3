import type { Service, ServicePort } from '../../model/service.ts'

/** A socket that a Service wants on this machine. */
export interface ServiceSocket {
  /** Tells it from all other sockets of the Service. */
  key: string
  host: string
  port: number
  protocol: 'TCP' | 'UDP'
  servicePort: ServicePort
}

/**
 * The addresses of a Service in the cluster: its cluster IP and, with a node port, the node. Only ports for which `isServed` holds
 * have sockets, so that the kernel refuses whoever comes for the others.
 */
export function clusterSockets(
  service: Service,
  node: string,
  isServed: (port: ServicePort) => boolean,
): ServiceSocket[] {
  const { clusterIP = '', type, ports = [] } = service.spec
  if (type === 'ExternalName' || clusterIP === '' || clusterIP === 'None') return []
  return ports.filter(isServed).flatMap((servicePort) => {
    const { port, nodePort, protocol = 'TCP' } = servicePort
    if (protocol === 'SCTP') return []
    const socket = (host: string, number: number): ServiceSocket => ({
      key: `${protocol} ${host}:${number} ${servicePort.name ?? ''}`,
      ...{ host, port: number, protocol, servicePort },
    })
    if (!nodePort) return [socket(clusterIP, port)]
    // On the machine's own address TCP is the local address' affair.
    const local = protocol === 'UDP' ? [socket('127.0.0.1', nodePort)] : []
    return [socket(clusterIP, port), socket(node, nodePort), ...local]
  })
}

/** The TCP ports of a Service with pods, which all have an address on 127.0.0.1. */
export function localPorts({ spec }: Service): ServicePort[] {
  if (spec.type === 'ExternalName' || !spec.selector) return []
  return (spec.ports ?? []).filter(({ protocol = 'TCP' }) => protocol === 'TCP')
}
