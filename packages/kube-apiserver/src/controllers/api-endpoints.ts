import { isIP } from 'node:net'
import type { KubeObject } from '@slipway/kube-objects'
import type { Resource } from '../registry/resource.ts'
import type { ResourceRegistry } from '../registry/resource-registry.ts'
import { type ObjectService, typeMeta } from '../storage/object-service.ts'
import { systemWrite } from '../storage/write-options.ts'

/** Where the server can be reached by what runs in the cluster. */
export interface ServerEndpoint {
  address: string
  port: number
}

/** Writes down where the Service `kubernetes` leads: the server itself, whose port may differ with every start. */
export async function publishServerEndpoint(
  objects: ObjectService,
  registry: ResourceRegistry,
  { address, port }: ServerEndpoint,
): Promise<void> {
  if (isIP(address) === 0) return
  const ports = [{ name: 'https', port, protocol: 'TCP' }]
  const place = { name: 'kubernetes', namespace: 'default' }
  await put(objects, registry.storedType('', 'endpoints') as Resource, {
    metadata: { ...place, labels: { 'endpointslice.kubernetes.io/skip-mirror': 'true' } },
    subsets: [{ addresses: [{ ip: address }], ports }],
  })
  await put(objects, registry.storedType('discovery.k8s.io', 'endpointslices') as Resource, {
    metadata: { ...place, labels: { 'kubernetes.io/service-name': 'kubernetes' } },
    addressType: isIP(address) === 6 ? 'IPv6' : 'IPv4',
    endpoints: [{ addresses: [address], conditions: { ready: true } }],
    ports,
  })
}

async function put(
  objects: ObjectService,
  resource: Resource,
  { metadata, ...content }: Omit<KubeObject, 'apiVersion' | 'kind'>,
): Promise<void> {
  const { name, namespace } = metadata
  await objects.update(
    { resource, namespace, name },
    (current) =>
      ({
        ...typeMeta(resource),
        ...current,
        metadata: { ...current?.metadata, ...metadata },
        ...content,
      }) as KubeObject,
    systemWrite,
  )
}
