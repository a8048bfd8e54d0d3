import type { KubeObject } from '@slipway/kube-objects'
import { ownerReference } from '../../labels.ts'
import type { NodeObject } from '../../model/node.ts'
import type { Pod } from '../../model/pod.ts'
import type { Endpoint, EndpointPort, EndpointSlice, Service } from '../../model/service.ts'
import { isReady } from '../pods/pods.ts'
import { withinCapacity } from './capacity.ts'
import { groupByPorts } from './pod-ports.ts'

export const MANAGED_BY = 'endpointslice.kubernetes.io/managed-by'
/** The same of Endpoints. */
export const ENDPOINTS_MANAGED_BY = 'endpoints.kubernetes.io/managed-by'
/** On Endpoints that do not have all addresses. */
export const OVER_CAPACITY = 'endpoints.kubernetes.io/over-capacity'
export const MANAGER = 'endpointslice-controller.k8s.io'
export const SERVICE_NAME = 'kubernetes.io/service-name'
const HEADLESS = 'service.kubernetes.io/headless'

/** core/v1 Endpoints of a Service with these pods; those that are being deleted have no part in it. */
export function endpointsOf(service: Service, pods: Pod[]): KubeObject {
  const alive = pods.filter((pod) => !pod.metadata.deletionTimestamp)
  const { name, namespace = 'default', labels } = service.metadata
  const subsets = groupByPorts(service, alive).map(({ ports, pods: group }) => {
    const serving = group.filter((pod) => isServing(service, pod)).map((pod) => addressOf(service, pod))
    const waiting = group.filter((pod) => !isServing(service, pod)).map((pod) => addressOf(service, pod))
    return {
      ...(serving.length > 0 && { addresses: serving }),
      ...(waiting.length > 0 && { notReadyAddresses: waiting }),
      ...(ports.length > 0 && { ports }),
    }
  })
  const { subsets: kept, isTruncated } = withinCapacity(subsets)
  return {
    apiVersion: 'v1',
    kind: 'Endpoints',
    metadata: {
      name,
      namespace,
      labels: { ...labels, [ENDPOINTS_MANAGED_BY]: 'endpoint-controller', ...headlessLabel(service) },
      ...(isTruncated && { annotations: { [OVER_CAPACITY]: 'truncated' } }),
    },
    subsets: kept.length > 0 ? kept : null,
  }
}

/** The Node of a name. */
export type FindNode = (name: string) => NodeObject | undefined

/**
 * discovery.k8s.io/v1 EndpointSlices of a Service with these pods, without names: one for all endpoints of the same ports, however many.
 * A Service without pods has an empty one. Pods of a Node that is not there are left out: nobody would take their addresses back
 * (endpointslice, reconcileByAddressType).
 */
export function slicesOf(service: Service, all: Pod[], node: FindNode): EndpointSlice[] {
  const { publishNotReadyAddresses = false } = service.spec
  const pods = all.filter(({ spec }) => publishNotReadyAddresses || node(spec.nodeName ?? ''))
  const { name, namespace = 'default', labels } = service.metadata
  const slice = (ports: EndpointPort[], group: Pod[]): EndpointSlice => ({
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: {
      name: '',
      generateName: `${name}-`,
      namespace,
      labels: { ...labels, [SERVICE_NAME]: name, [MANAGED_BY]: MANAGER, ...headlessLabel(service) },
      ownerReferences: [ownerReference(service)],
    },
    addressType: 'IPv4',
    // As the server keeps a list of nothing.
    endpoints: group.length > 0 ? group.map((pod) => endpointOf(service, pod, node)) : null,
    ports: ports.length > 0 ? ports : null,
  })
  const groups = groupByPorts(service, pods)
  if (groups.length === 0) return [slice([], [])]
  return groups.map(({ ports, pods: group }) => slice(ports, group))
}

function endpointOf(service: Service, pod: Pod, node: FindNode): Endpoint {
  const terminating = Boolean(pod.metadata.deletionTimestamp)
  const serving = isReady(pod)
  const { publishNotReadyAddresses = false } = service.spec
  const hostname = hostNameIn(service, pod)
  const zone = node(pod.spec.nodeName ?? '')?.metadata.labels?.['topology.kubernetes.io/zone']
  return {
    addresses: [pod.status?.podIP ?? ''],
    conditions: { ready: publishNotReadyAddresses || (serving && !terminating), serving, terminating },
    ...(hostname && { hostname }),
    ...(pod.spec.nodeName && { nodeName: pod.spec.nodeName }),
    ...(zone && { zone }),
    targetRef: targetOf(pod),
  }
}

function addressOf(service: Service, pod: Pod): object {
  const hostname = hostNameIn(service, pod)
  return {
    ip: pod.status?.podIP,
    ...(hostname && { hostname }),
    nodeName: pod.spec.nodeName,
    targetRef: targetOf(pod),
  }
}

/** A pod with a subdomain has a name of its own below the Service of that name. */
function hostNameIn({ metadata }: Service, { spec }: Pod): string | undefined {
  return spec.subdomain === metadata.name ? spec.hostname : undefined
}

const headlessLabel = ({ spec }: Service): Record<string, string> =>
  spec.clusterIP === 'None' ? { [HEADLESS]: '' } : {}

const isServing = (service: Service, pod: Pod): boolean =>
  isReady(pod) || service.spec.publishNotReadyAddresses === true

function targetOf({ metadata }: Pod): NonNullable<Endpoint['targetRef']> {
  const { name, namespace = 'default', uid = '' } = metadata
  return { kind: 'Pod', name, namespace, uid }
}
