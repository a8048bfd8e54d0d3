import type { KubeObject } from '@slipway/kube-objects'
import type { RevisionStore } from '@slipway/storage'
import { StatusError } from './api/status.ts'
import type { Resource } from './registry/resource.ts'
import type { ResourceRegistry } from './registry/resource-registry.ts'
import { viewEntry } from './storage/codec.ts'
import { keyOf } from './storage/keys.ts'
import { type ObjectService, typeMeta } from './storage/object-service.ts'
import { systemWrite } from './storage/write-options.ts'
import { firstServiceAddress } from './strategy/allocators.ts'

const NAMESPACES = ['default', 'kube-system', 'kube-public', 'kube-node-lease']

/** What every cluster has before the first request: four namespaces the `kubernetes` Service, and the range of its address. */
export async function createFirstObjects(
  objects: ObjectService,
  registry: ResourceRegistry,
  serviceCidr: string,
): Promise<void> {
  const namespaces = registry.storedType('', 'namespaces') as Resource
  const services = registry.storedType('', 'services') as Resource
  await Promise.all(NAMESPACES.map((name) => ensureObject(objects, namespaces, { name }, {})))
  await ensureObject(
    objects,
    services,
    { name: 'kubernetes', namespace: 'default', labels: { component: 'apiserver', provider: 'kubernetes' } },
    {
      spec: {
        type: 'ClusterIP',
        clusterIP: firstServiceAddress(serviceCidr),
        sessionAffinity: 'None',
        internalTrafficPolicy: 'Cluster',
        ports: [{ name: 'https', port: 443, protocol: 'TCP', targetPort: 6443 }],
      },
    },
  )
  await createServiceRange(objects, registry, serviceCidr)
}

/** The range of a cluster that has one already; undefined at its first start. */
export function storedServiceRange(store: RevisionStore, registry: ResourceRegistry): string | undefined {
  const resource = registry.storedType('networking.k8s.io', 'servicecidrs') as Resource
  const entry = store.get(keyOf(resource, undefined, 'kubernetes'))
  return entry && (viewEntry(entry).spec?.cidrs as string[] | undefined)?.[0]
}

/** The range from which Services get their addresses, as an object that is ready from the start. */
async function createServiceRange(objects: ObjectService, registry: ResourceRegistry, cidr: string): Promise<void> {
  const resource = registry.storedType('networking.k8s.io', 'servicecidrs') as Resource
  const address = { resource, namespace: undefined, name: 'kubernetes' }
  if (objects.find(address)) return
  const finalizers = ['networking.k8s.io/service-cidr-finalizer']
  await ensureObject(objects, resource, { name: 'kubernetes', finalizers }, { spec: { cidrs: [cidr] } })
  await objects.update(
    address,
    (range) => {
      if (!range) return undefined
      const { creationTimestamp: lastTransitionTime } = range.metadata
      const message = 'Kubernetes Service CIDR is ready'
      range.status = { conditions: [{ type: 'Ready', status: 'True', reason: '', message, lastTransitionTime }] }
      return range
    },
    { ...systemWrite, subresource: 'status' },
  )
}

/** Makes an object that is not there. */
export async function ensureObject(
  objects: ObjectService,
  resource: Resource,
  metadata: KubeObject['metadata'],
  rest: object,
): Promise<void> {
  if (objects.find({ resource, namespace: metadata.namespace, name: metadata.name })) return
  const object = structuredClone({ ...typeMeta(resource), metadata, ...rest })
  await objects.create(resource, object, systemWrite).catch((error: unknown) => {
    if (!(error instanceof StatusError && error.status.code === 409)) throw error
  })
}
