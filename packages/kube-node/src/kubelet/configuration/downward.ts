import { UserError } from '@slipway/errors'
import { parseQuantity } from '@slipway/kube-objects'
import type { Container, Pod, ResourceFieldRef } from '../../model/pod.ts'
import type { Resources } from '../machine-resources.ts'

/** What only the node knows about a pod. */
export interface PodPlace {
  nodeName: string
  hostIP: string
  podIP: string
  /** Of the node. */
  resources: Resources
}

/** The text of a `fieldRef` (downward API). Throws UserError POD_FIELD_UNSUPPORTED. */
export function fieldText(pod: Pod, path: string, place: PodPlace): string {
  const { metadata, spec } = pod
  const subscript = /^metadata\.(labels|annotations)\['(.+)'\]$/.exec(path)
  if (subscript) return metadata[subscript[1] as 'labels' | 'annotations']?.[subscript[2] ?? ''] ?? ''
  switch (path) {
    case 'metadata.name':
      return metadata.name
    case 'metadata.namespace':
      return metadata.namespace ?? 'default'
    case 'metadata.uid':
      return metadata.uid ?? ''
    case 'metadata.labels':
      return mapText(metadata.labels)
    case 'metadata.annotations':
      return mapText(metadata.annotations)
    case 'spec.nodeName':
      return place.nodeName
    case 'spec.serviceAccountName':
      return spec.serviceAccountName ?? 'default'
    case 'status.hostIP':
    case 'status.hostIPs':
      return place.hostIP
    case 'status.podIP':
    case 'status.podIPs':
      return place.podIP
    default:
      throw new UserError('POD_FIELD_UNSUPPORTED', `field label not supported: ${path}`)
  }
}

/** The number of a `resourceFieldRef`; without a limit it is what the node has. */
export function resourceText(
  pod: Pod,
  ref: ResourceFieldRef,
  { container, place }: { container?: Container; place: PodPlace },
): string {
  const all = [...pod.spec.containers, ...(pod.spec.initContainers ?? [])]
  const source = ref.containerName ? all.find(({ name }) => name === ref.containerName) : container
  const [kind, resource = ''] = ref.resource.split('.') as ['limits' | 'requests', string]
  const byDefault = kind === 'limits' ? place.resources[resource] : undefined
  const amount = parseQuantity(source?.resources?.[kind]?.[resource] ?? byDefault ?? '0')
  const divisor = parseQuantity(ref.divisor ?? '1') || parseQuantity('1')
  return String((amount + divisor - 1n) / divisor)
}

/** As the kubelet writes maps into files: one sorted `key="value"` a line. */
function mapText(map: Record<string, string> = {}): string {
  return Object.keys(map)
    .sort()
    .map((key) => `${key}=${JSON.stringify(map[key])}`)
    .join('\n')
}
