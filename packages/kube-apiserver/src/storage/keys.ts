import type { Resource } from '../registry/resource.ts'

type Stored = Pick<Resource, 'group' | 'plural' | 'namespaced'>

/** Where the objects of a type are stored; with a namespace, only those in it. */
export function prefixOf(resource: Stored, namespace?: string): string {
  const { group, plural } = storedAs(resource)
  const prefix = `/registry/${group || 'core'}/${plural}/`
  return resource.namespaced && namespace ? `${prefix}${namespace}/` : prefix
}

/** Where one object is stored. */
export function keyOf(resource: Stored, namespace: string | undefined, name: string): string {
  return prefixOf(resource, namespace) + name
}

/** Events are one type of objects under two groups, as in Kubernetes. */
function storedAs(resource: Stored): { group: string; plural: string } {
  if (resource.group === 'events.k8s.io') return { group: '', plural: resource.plural }
  return resource
}
