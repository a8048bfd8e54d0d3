import { equalJson, type KubeObject } from '@slipway/kube-objects'
import { type PolicyRule, uncoveredRights } from './access/rbac-rules.ts'
import { loadTable } from './generated-tables.ts'
import type { Resource } from './registry/resource.ts'
import type { ResourceRegistry } from './registry/resource-registry.ts'
import { type ObjectService, typeMeta } from './storage/object-service.ts'
import { systemWrite } from './storage/write-options.ts'

interface Bootstrap {
  clusterRoles: object[]
  clusterRoleBindings: object[]
  roles: object[]
  roleBindings: object[]
  priorityClasses: object[]
}

/** By this annotation, set to false, a role or binding is left as it is. */
const AUTO_UPDATE = 'rbac.authorization.kubernetes.io/autoupdate'

/**
 * The default roles, bindings and priority classes of Kubernetes 1.34; those of an older version get what they lack. Where a webhook or a
 * policy refuses one, the server starts without: what they ask may run on it.
 */
export async function ensureDefaultPolicy(
  objects: ObjectService,
  registry: ResourceRegistry,
  onError: (error: unknown) => void,
): Promise<void> {
  const table = await loadTable<Bootstrap>('rbacBootstrap')
  const rbac = (plural: string) => registry.storedType('rbac.authorization.k8s.io', plural) as Resource
  const classes = registry.storedType('scheduling.k8s.io', 'priorityclasses') as Resource
  const all: [Resource, object[]][] = [
    [classes, table.priorityClasses],
    [rbac('roles'), table.roles],
    [rbac('rolebindings'), table.roleBindings],
    [rbac('clusterrolebindings'), table.clusterRoleBindings],
    [rbac('clusterroles'), table.clusterRoles],
  ]
  // All in one turn of the event loop, so that a durable store writes them in one transaction.
  await Promise.all(
    all.flatMap(([resource, list]) =>
      (list as KubeObject[]).map(({ metadata, ...rest }) => {
        const wanted = { ...typeMeta(resource), metadata, ...rest }
        const address = { resource, namespace: metadata.namespace, name: metadata.name }
        const change = (found: KubeObject | undefined) => (found ? reconciled(found, wanted) : structuredClone(wanted))
        return objects.update(address, change, systemWrite).catch(onError)
      }),
    ),
  )
}

/**
 * An object with what it lacks of the default one; undefined where it lacks nothing, or wants none of it. What it has more stays
 * (pkg/registry/rbac/reconciliation).
 */
function reconciled(found: KubeObject, wanted: KubeObject): KubeObject | undefined {
  const isPriorityClass = !('rules' in wanted || 'subjects' in wanted)
  if (isPriorityClass || found.metadata.annotations?.[AUTO_UPDATE] === 'false') return undefined
  const { annotations, labels } = wanted.metadata
  const metadata = {
    ...found.metadata,
    annotations: { ...annotations, ...found.metadata.annotations },
    labels: { ...labels, ...found.metadata.labels },
  }
  const after = { ...found, metadata, ...contentOf(found, wanted) }
  return equalJson(after, found) ? undefined : after
}

function contentOf(found: KubeObject, wanted: KubeObject): object {
  if ('subjects' in wanted) return { subjects: withAll(found.subjects, wanted.subjects) }
  const selectors = wanted.aggregationRule?.clusterRoleSelectors
  if (selectors) {
    const clusterRoleSelectors = withAll(found.aggregationRule?.clusterRoleSelectors, selectors)
    return { aggregationRule: { ...found.aggregationRule, clusterRoleSelectors } }
  }
  const rules = (found.rules ?? []) as PolicyRule[]
  return { rules: [...rules, ...uncoveredRights(wanted.rules as PolicyRule[], rules)] }
}

const withAll = (found: object[] | null = [], wanted: object[]): object[] => [
  ...(found ?? []),
  ...wanted.filter((one) => !found?.some((other) => equalJson(one, other))),
]
