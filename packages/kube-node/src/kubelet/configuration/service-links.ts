import type { Pod } from '../../model/pod.ts'
import type { Service } from '../../model/service.ts'

/**
 * Where Services are, as variables of Docker's old links (pkg/kubelet/envvars): those of the pod's namespace unless it does not
 * want them, and always the API's.
 */
export function serviceLinks(pod: Pod, services: Service[]): Map<string, string> {
  const { namespace = 'default' } = pod.metadata
  const isApi = ({ metadata }: Service): boolean => metadata.namespace === 'default' && metadata.name === 'kubernetes'
  const isSibling = ({ metadata }: Service): boolean =>
    pod.spec.enableServiceLinks !== false && metadata.namespace === namespace
  // A Service of the pod's own namespace hides the API's of the same name.
  const wanted = new Map<string, Service>()
  for (const service of services.filter(isApi)) wanted.set(service.metadata.name, service)
  for (const service of services.filter(isSibling)) wanted.set(service.metadata.name, service)
  return new Map([...wanted.values()].flatMap(linksOf))
}

function linksOf({ metadata, spec }: Service): [string, string][] {
  const { clusterIP, ports: [first, ...others] = [] } = spec
  if (!clusterIP || clusterIP === 'None' || !first) return []
  const prefix = nameOf(metadata.name)
  const links: [string, string][] = [
    [`${prefix}_SERVICE_HOST`, clusterIP],
    [`${prefix}_SERVICE_PORT`, String(first.port)],
  ]
  for (const { name, port } of [first, ...others]) {
    if (name) links.push([`${prefix}_SERVICE_PORT_${nameOf(name)}`, String(port)])
  }
  for (const [index, { port, protocol = 'TCP' }] of [first, ...others].entries()) {
    const scheme = protocol.toLowerCase()
    const url = `${scheme}://${clusterIP}:${port}`
    const portPrefix = `${prefix}_PORT_${port}_${protocol}`
    if (index === 0) links.push([`${prefix}_PORT`, url])
    links.push(
      [portPrefix, url],
      [`${portPrefix}_PROTO`, scheme],
      [`${portPrefix}_PORT`, String(port)],
      [`${portPrefix}_ADDR`, clusterIP],
    )
  }
  return links
}

const nameOf = (name: string): string => name.toUpperCase().replaceAll('-', '_')
