import { createHash } from 'node:crypto'
import { equalJson, type KubeObject } from '@slipway/kube-objects'
import type { Spec } from '../defaults/spec.ts'
import type { Resource } from '../registry/resource.ts'
import { remove } from '../rest/delete.ts'
import { viewEntry } from '../storage/codec.ts'
import { prefixOf } from '../storage/keys.ts'
import { systemWrite, typeMeta } from '../storage/object-service.ts'
import type { ControllerDeps, ServerController } from './controller.ts'
import { WorkQueue } from './work-queue.ts'

const MANAGED_BY = 'endpointslice.kubernetes.io/managed-by'
const MANAGER = 'endpointslicemirroring-controller.k8s.io'
const SERVICE = 'kubernetes.io/service-name'

/** Makes EndpointSlices of the Endpoints that someone wrote for a Service without a selector. */
export function endpointMirror({ objects, registry, onError }: ControllerDeps): ServerController {
  const { store } = objects
  const [endpoints, services] = ['endpoints', 'services'].map((plural) => registry.storedType('', plural)) as [
    Resource,
    Resource,
  ]
  const slices = registry.storedType('discovery.k8s.io', 'endpointslices') as Resource
  const queue = new WorkQueue(mirror, onError)
  const stops: (() => void)[] = []

  async function mirror(key: string): Promise<void> {
    const [namespace = '', name = ''] = key.split('/')
    const source = objects.find({ resource: endpoints, namespace, name })
    const service = objects.find({ resource: services, namespace, name })
    const wanted = source && service && isMirrored(source, service) ? slicesOf(source) : []
    const existing = store
      .list(prefixOf(slices, namespace))
      .entries.map((entry) => viewEntry(entry))
      .filter(({ metadata }) => metadata.labels?.[SERVICE] === name && metadata.labels[MANAGED_BY] === MANAGER)
    for (const slice of wanted) await write(namespace, slice)
    for (const { metadata } of existing) {
      if (wanted.some((slice) => slice.metadata.name === metadata.name)) continue
      await remove(objects, { resource: slices, namespace, name: metadata.name }, {}, systemWrite)
    }
  }

  async function write(namespace: string, { metadata, ...content }: KubeObject): Promise<void> {
    const address = { resource: slices, namespace, name: metadata.name }
    await objects.update(
      address,
      (current) => {
        if (!current) return { ...typeMeta(slices), ...content, metadata: { ...metadata, namespace } } as KubeObject
        const next = { ...current, ...content, metadata: { ...current.metadata, labels: metadata.labels ?? {} } }
        return equalJson(next, current) ? undefined : next
      },
      systemWrite,
    )
  }

  const isMirrored = (source: KubeObject, { spec }: KubeObject) =>
    !spec?.selector &&
    source.metadata.labels?.['endpointslice.kubernetes.io/skip-mirror'] !== 'true' &&
    !source.metadata.annotations?.['control-plane.alpha.kubernetes.io/leader']

  return {
    start() {
      for (const resource of [endpoints, services]) {
        const prefix = prefixOf(resource)
        for (const { key } of store.list(prefix).entries) queue.add(key.slice(prefix.length))
        stops.push(store.watch(prefix, store.revision(), ({ key }) => queue.add(key.slice(prefix.length))))
      }
    },
    async stop() {
      for (const stop of stops) stop()
      await queue.stop()
    },
  }
}

/** One slice for each subset, named by its ports so that it stays the same when addresses change. */
function slicesOf({ metadata, subsets = [] }: KubeObject): KubeObject[] {
  return (subsets as Spec[]).map(({ addresses = [], notReadyAddresses = [], ports = [] }) => {
    const suffix = createHash('sha256').update(JSON.stringify(ports)).digest('hex').slice(0, 5)
    const endpoint =
      (ready: boolean) =>
      ({ ip, hostname, nodeName, targetRef }: Spec) => ({
        addresses: [ip],
        conditions: { ready },
        ...(hostname && { hostname }),
        ...(nodeName && { nodeName }),
        ...(targetRef && { targetRef }),
      })
    const { name, uid = '', labels, annotations } = metadata
    return {
      apiVersion: 'discovery.k8s.io/v1',
      kind: 'EndpointSlice',
      metadata: {
        name: `${name}-${suffix}`,
        labels: { ...labels, [SERVICE]: name, [MANAGED_BY]: MANAGER },
        ...(annotations && { annotations }),
        ownerReferences: [
          { apiVersion: 'v1', kind: 'Endpoints', name, uid, controller: true, blockOwnerDeletion: true },
        ],
      },
      addressType: [...addresses, ...notReadyAddresses].some(({ ip }: Spec) => String(ip).includes(':'))
        ? 'IPv6'
        : 'IPv4',
      endpoints: [...addresses.map(endpoint(true)), ...notReadyAddresses.map(endpoint(false))],
      ports: (ports as Spec[]).map(({ name: port, port: number, protocol, appProtocol }) => ({
        name: port ?? '',
        port: number,
        protocol: protocol ?? 'TCP',
        ...(appProtocol && { appProtocol }),
      })),
    }
  })
}
