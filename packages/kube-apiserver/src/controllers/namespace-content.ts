import type { AggregatedApis } from '../aggregation/aggregated-apis.ts'
import type { ApiService } from '../aggregation/api-service.ts'
import { askElsewhere } from '../aggregation/ask-elsewhere.ts'
import type { Spec } from '../defaults/spec.ts'
import type { Resource } from '../registry/resource.ts'
import { remove } from '../rest/delete.ts'
import { viewEntry } from '../storage/codec.ts'
import { prefixOf } from '../storage/keys.ts'
import { controllerWrite } from '../storage/write-options.ts'
import type { ControllerDeps } from './controller.ts'

const AS_CONTROLLER = controllerWrite('namespace-controller')

/** What is left in a namespace whose content was deleted. */
export interface Remainder {
  /** How many objects, by `plural.group`. */
  resources: Map<string, number>
  /** How many objects wait for each finalizer. */
  finalizers: Map<string, number>
  /** Group versions of other servers of which nobody knows what they hold. */
  unknown: string[]
  failures: string[]
}

export const isEmpty = ({ resources, unknown, failures }: Remainder) =>
  resources.size === 0 && unknown.length === 0 && failures.length === 0

/**
 * Deletes everything in a namespace, as far as finalizers and grace periods let it. The pods go first: what guards them, such as a
 * NetworkPolicy, stays until they have ended (KEP-5080).
 */
export async function deleteContent(
  deps: Pick<ControllerDeps, 'objects' | 'registry'> & { aggregated: AggregatedApis },
  namespace: string,
): Promise<Remainder> {
  const remainder: Remainder = { resources: new Map(), finalizers: new Map(), unknown: [], failures: [] }
  const pods = deps.registry.storedType('', 'pods') as Resource
  await deleteAll(deps, pods, namespace, remainder)
  if (!isEmpty(remainder)) return remainder
  for (const resource of deps.registry.stored()) {
    if (resource.namespaced && resource !== pods) await deleteAll(deps, resource, namespace, remainder)
  }
  for (const service of deps.aggregated.all()) await deleteElsewhere(deps.aggregated, service, namespace, remainder)
  return remainder
}

async function deleteAll(
  { objects }: Pick<ControllerDeps, 'objects'>,
  resource: Resource,
  namespace: string,
  remainder: Remainder,
): Promise<void> {
  for (const entry of objects.store.list(prefixOf(resource, namespace)).entries) {
    const { metadata } = viewEntry(entry)
    const address = { resource, namespace, name: metadata.name }
    const options = { propagationPolicy: 'Background' } as const
    if (!metadata.deletionTimestamp && (await remove(objects, address, options, AS_CONTROLLER)).done) continue
    count(remainder.resources, `${resource.plural}.${resource.group}`)
    for (const finalizer of metadata.finalizers ?? []) count(remainder.finalizers, finalizer)
  }
}

/** What another server may hold has to go as well, and what cannot be asked keeps the namespace. */
async function deleteElsewhere(
  aggregated: AggregatedApis,
  service: ApiService,
  namespace: string,
  remainder: Remainder,
): Promise<void> {
  const { group, version, available } = service
  if (!available) {
    remainder.unknown.push(`${group}/${version}`)
    return
  }
  for (const { resource, scope, verbs } of aggregated.servedBy(service)?.resources ?? []) {
    if (scope !== 'Namespaced' || !verbs.includes('list') || !verbs.includes('deletecollection')) continue
    const path = `/apis/${group}/${version}/namespaces/${namespace}/${resource}`
    try {
      await askElsewhere(aggregated, service, { path, method: 'DELETE', verified: true })
      const { items = [] } = (await askElsewhere(aggregated, service, { path, verified: true })) as Spec
      for (const { metadata } of items as Spec[]) {
        count(remainder.resources, `${resource}.${group}`)
        for (const finalizer of metadata?.finalizers ?? []) count(remainder.finalizers, finalizer)
      }
    } catch (error) {
      remainder.failures.push((error as Error).message)
    }
  }
}

const count = (counts: Map<string, number>, key: string) => counts.set(key, (counts.get(key) ?? 0) + 1)
