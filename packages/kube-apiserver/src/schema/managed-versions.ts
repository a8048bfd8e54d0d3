import { ANY, type KubeObject, type ManagedFieldsEntry, type SchemaNode, typedFaults } from '@slipway/kube-objects'
import { apiVersionOf, type Resource } from '../registry/resource.ts'

type Managers = Partial<ManagedFieldsEntry>[]

/**
 * Why what somebody manages in another version of a custom resource cannot be compared with these objects: the definition has the
 * version no more, or they hold what its schema does not. No apply is possible then, and any other write takes all managers away
 * (structured-merge-diff's Updater, fieldmanager's UpdateNoErrors). A webhook's conversion is not asked.
 */
export function versionFault(
  tracked: KubeObject | undefined,
  objects: (KubeObject | undefined)[],
  resource: Resource,
): string | undefined {
  const { custom } = resource
  if (!custom) return undefined
  for (const version of otherVersions(managersOf(tracked), resource)) {
    if (!custom.apiVersions.includes(version)) return `request to convert CR to an invalid group/version: ${version}`
    for (const object of objects) {
      const fault = object && faultIn(version, object, resource)
      if (fault !== undefined) return fault
    }
  }
  return undefined
}

/** Why a configuration cannot be compared with what is managed in other versions, when the live object can. */
export function applyFault(
  applied: KubeObject,
  live: KubeObject | undefined,
  resource: Resource,
  { manager, subresource }: { manager: string; subresource?: string },
): string | undefined {
  const isOwn = (entry: Managers[number]): boolean =>
    entry.operation === 'Apply' && entry.manager === manager && (entry.subresource ?? '') === (subresource ?? '')
  const managers = managersOf(live)
  for (const version of otherVersions(managers.filter(isOwn), resource)) {
    const fault = faultIn(version, applied, resource)
    if (fault) return `failed to prune fields: failed to convert merged object to last applied version: ${fault}`
  }
  for (const version of otherVersions(
    managers.filter((entry) => !isOwn(entry)),
    resource,
  )) {
    const fault = faultIn(version, applied, resource)
    if (fault) return `failed to convert new object: ${fault}`
  }
  return undefined
}

/** What keeps an object from being of its type, as one text of structured-merge-diff. */
export function typedFault(object: KubeObject, schema: SchemaNode): string | undefined {
  const faults = typedFaults(object, schema)
  return faults.length > 1 ? `errors:\n${faults.map((fault) => `  ${fault}`).join('\n')}` : faults[0]
}

const managersOf = (object: KubeObject | undefined) => (object?.metadata.managedFields ?? []) as Managers

function otherVersions(managers: Managers, resource: Resource): Set<string> {
  const own = apiVersionOf(resource)
  return new Set(managers.flatMap(({ apiVersion }) => (apiVersion && apiVersion !== own ? [apiVersion] : [])))
}

function faultIn(apiVersion: string, object: KubeObject, { group, custom }: Resource): string | undefined {
  if (!custom || custom.convert) return undefined
  return typedFault(object, custom.schemas.get(apiVersion.slice(group.length + 1)) ?? ANY)
}
