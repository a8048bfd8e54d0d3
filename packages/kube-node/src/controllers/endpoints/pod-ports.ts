import type { Pod } from '../../model/pod.ts'
import type { EndpointPort, Service, ServicePort } from '../../model/service.ts'

/** The container port that a service port means in a pod; undefined when the pod has no port of that name. */
export function targetPort(
  { port, targetPort: target = port, protocol = 'TCP' }: ServicePort,
  { spec }: Pod,
): number | undefined {
  if (typeof target === 'number') return target === 0 ? port : target
  if (/^\d+$/.test(target)) return Number(target)
  const sidecars = (spec.initContainers ?? []).filter(({ restartPolicy }) => restartPolicy === 'Always')
  return [...spec.containers, ...sidecars]
    .flatMap(({ ports = [] }) => ports)
    .find((one) => one.name === target && (one.protocol ?? 'TCP') === protocol)?.containerPort
}

/** Pods that mean the same by a Service's ports. */
export interface PortGroup {
  ports: EndpointPort[]
  pods: Pod[]
}

/** Named ports may be different numbers in different pods. */
export function groupByPorts(service: Service, pods: Pod[]): PortGroup[] {
  const groups = new Map<string, PortGroup>()
  for (const pod of pods) {
    const ports = (service.spec.ports ?? []).flatMap((port) => endpointPort(port, pod))
    const key = JSON.stringify(ports)
    const group = groups.get(key) ?? { ports, pods: [] }
    group.pods.push(pod)
    groups.set(key, group)
  }
  return [...groups.values()]
}

function endpointPort(port: ServicePort, pod: Pod): EndpointPort[] {
  const number = targetPort(port, pod)
  if (number === undefined) return []
  const { name = '', protocol = 'TCP', appProtocol } = port
  return [{ name, port: number, protocol, ...(appProtocol && { appProtocol }) }]
}
