import type { DiscoveredResource } from '../registry/resource-registry.ts'

/** metav1.APIResource. */
export interface LegacyResource {
  name: string
  singularName?: string
  namespaced?: boolean
  kind: string
  group?: string
  version?: string
  verbs?: string[]
  shortNames?: string[]
  categories?: string[]
}

/** A list of the older discovery in the form of the newer (ConvertGroupVersionIntoToDiscovery). */
export function discoveredResources(
  of: { group: string; version: string },
  list: LegacyResource[],
): DiscoveredResource[] {
  const kindOf = ({ group, version, kind }: LegacyResource) => ({
    group: group || of.group,
    version: version || of.version,
    kind,
  })
  const partsOf = (plural: string) => list.filter(({ name }) => name.startsWith(`${plural}/`))
  return list
    .filter(({ name }) => !name.includes('/'))
    .map((one) => ({
      resource: one.name,
      responseKind: kindOf(one),
      scope: one.namespaced ? 'Namespaced' : 'Cluster',
      singularResource: one.singularName ?? '',
      verbs: one.verbs ?? [],
      ...(one.shortNames?.length && { shortNames: one.shortNames }),
      ...(one.categories?.length && { categories: one.categories }),
      ...(partsOf(one.name).length > 0 && {
        subresources: partsOf(one.name).map((part) => ({
          subresource: part.name.slice(one.name.length + 1),
          responseKind: kindOf(part),
          verbs: part.verbs ?? [],
        })),
      }),
    }))
}
