import type { Reconciler } from '@slipway/controller-runtime'
import { isApiError, type KubeClient } from '@slipway/kube-client'
import type { KubeObject } from '@slipway/kube-objects'
import { canonicalJson } from '../canonical.ts'
import { matchesAll, ownerReference } from '../labels.ts'
import type { Pod } from '../model/pod.ts'
import type { Service, ServicePort } from '../model/service.ts'
import type { FreshCache } from './fresh-cache.ts'
import { isReady } from './pods.ts'

const MANAGED_BY = 'endpointslice.kubernetes.io/managed-by'
const MANAGER = 'endpointslice-controller.k8s.io'

interface Deps {
  client: KubeClient
  pods: Pick<FreshCache<Pod>, 'list'>
  endpoints: FreshCache<KubeObject>
  slices: FreshCache<KubeObject>
}

/** Keeps the Endpoints and the EndpointSlice of one Service in step with the pods that it selects. */
export function endpointsReconciler(deps: Deps): Reconciler<Service> {
  return {
    async reconcile(service) {
      const { selector } = service.spec
      // Without a selector the endpoints are the user's own.
      if (!selector || service.metadata.deletionTimestamp || service.spec.type === 'ExternalName') {
        return { kind: 'ready', reason: 'Unmanaged', message: '' }
      }
      const pods = deps.pods
        .list()
        .filter(
          (pod) => pod.metadata.namespace === service.metadata.namespace && matchesAll(selector, pod.metadata.labels),
        )
        .filter((pod) => pod.status?.podIP && pod.status.phase !== 'Succeeded' && pod.status.phase !== 'Failed')
        .sort((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1))
      await write(deps.client, deps.endpoints, endpointsOf(service, pods))
      await write(deps.client, deps.slices, sliceOf(service, pods))
      return { kind: 'ready', reason: 'Synced', message: '' }
    },
  }
}

async function write(client: KubeClient, cache: FreshCache<KubeObject>, wanted: KubeObject): Promise<void> {
  const { apiVersion, kind, metadata } = wanted
  const current = cache
    .list()
    .find((object) => object.metadata.name === metadata.name && object.metadata.namespace === metadata.namespace)
  if (!current) {
    try {
      cache.wrote(await client.create(wanted))
      return
    } catch (error) {
      if (!isApiError(error, 'KUBE_ALREADY_EXISTS')) throw error
    }
  }
  const { metadata: _metadata, apiVersion: _apiVersion, kind: _kind, ...content } = wanted
  const same = Object.entries(content).every(
    ([field, value]) => canonicalJson(current?.[field]) === canonicalJson(value),
  )
  if (current && same) return
  const ref = { apiVersion, kind, name: metadata.name, ...(metadata.namespace && { namespace: metadata.namespace }) }
  try {
    const patch = { metadata: { labels: metadata.labels }, ...content }
    cache.wrote(await client.patch(ref, 'merge', patch, { fieldManager: 'endpoint-controller' }))
  } catch (error) {
    // Gone with its Service, or deleted by someone: both come as an event of their own.
    if (!isApiError(error, 'KUBE_NOT_FOUND')) throw error
  }
}

/** core/v1 Endpoints of a Service. */
export function endpointsOf(service: Service, pods: Pod[]): KubeObject {
  const address = (pod: Pod): object => ({
    ip: pod.status?.podIP,
    nodeName: pod.spec.nodeName,
    targetRef: targetOf(pod),
  })
  const serving = (pod: Pod): boolean => isServing(service, pod)
  const alive = pods.filter((pod) => !pod.metadata.deletionTimestamp)
  const ready = alive.filter(serving).map(address)
  const notReady = alive.filter((pod) => !serving(pod)).map(address)
  const ports = (service.spec.ports ?? []).flatMap((port) => endpointPort(port, pods))
  return {
    apiVersion: 'v1',
    kind: 'Endpoints',
    metadata: {
      name: service.metadata.name,
      namespace: service.metadata.namespace ?? 'default',
      labels: { ...service.metadata.labels, 'endpoints.kubernetes.io/managed-by': 'endpoint-controller' },
      ownerReferences: [ownerReference(service)],
    },
    subsets:
      alive.length === 0
        ? null
        : [
            {
              ...(ready.length > 0 && { addresses: ready }),
              ...(notReady.length > 0 && { notReadyAddresses: notReady }),
              ports,
            },
          ],
  }
}

/** discovery.k8s.io/v1 EndpointSlice of a Service. */
export function sliceOf(service: Service, pods: Pod[]): KubeObject {
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: {
      name: `${service.metadata.name}-slice`,
      namespace: service.metadata.namespace ?? 'default',
      labels: {
        ...service.metadata.labels,
        'kubernetes.io/service-name': service.metadata.name,
        [MANAGED_BY]: MANAGER,
      },
      ownerReferences: [ownerReference(service)],
    },
    addressType: 'IPv4',
    endpoints: pods.map((pod) => {
      const terminating = Boolean(pod.metadata.deletionTimestamp)
      const serving = isServing(service, pod)
      return {
        addresses: [pod.status?.podIP],
        conditions: { ready: serving && !terminating, serving, terminating },
        nodeName: pod.spec.nodeName,
        targetRef: targetOf(pod),
      }
    }),
    ports: (service.spec.ports ?? []).flatMap((port) => endpointPort(port, pods)),
  }
}

function endpointPort(port: ServicePort, pods: Pod[]): object[] {
  const [first] = pods
  const number = first ? targetPort(port, first) : typeof port.targetPort === 'number' ? port.targetPort : port.port
  if (number === undefined) return []
  return [
    {
      name: port.name ?? '',
      port: number,
      protocol: port.protocol ?? 'TCP',
      ...(port.appProtocol && { appProtocol: port.appProtocol }),
    },
  ]
}

/** The container port that a service port means in a pod; undefined when the pod has no port of that name. */
export function targetPort(port: Pick<ServicePort, 'port' | 'targetPort'>, pod: Pod): number | undefined {
  const target = port.targetPort ?? port.port
  if (typeof target === 'number') return target === 0 ? port.port : target
  if (/^\d+$/.test(target)) return Number(target)
  return pod.spec.containers.flatMap((container) => container.ports ?? []).find(({ name }) => name === target)
    ?.containerPort
}

const isServing = (service: Service, pod: Pod): boolean =>
  isReady(pod) || service.spec.publishNotReadyAddresses === true

const targetOf = ({ metadata }: Pod): object => ({
  kind: 'Pod',
  name: metadata.name,
  namespace: metadata.namespace,
  uid: metadata.uid,
})
