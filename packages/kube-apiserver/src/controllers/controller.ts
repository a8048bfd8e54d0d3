import type { ResourceRegistry } from '../registry/resource-registry.ts'
import type { ObjectService } from '../storage/object-service.ts'

/** A part of the server that keeps objects in order by itself. */
export interface ServerController {
  start(): void
  stop(): Promise<void>
}

export interface ControllerDeps {
  objects: ObjectService
  registry: ResourceRegistry
  onError: (error: unknown) => void
}

/** The group, plural, namespace and name in a key of the store. */
export function parseKey(key: string, registry: ResourceRegistry) {
  const [, , group = '', plural = '', ...rest] = key.split('/')
  const resource = registry.storedType(group === 'core' ? '' : group, plural)
  if (!resource) return undefined
  const name = rest.at(-1) ?? ''
  return { resource, namespace: resource.namespaced ? rest[0] : undefined, name }
}
