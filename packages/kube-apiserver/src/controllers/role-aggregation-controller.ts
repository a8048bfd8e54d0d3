import { equalJson, type KubeObject, labelRequirements, matchesLabels } from '@slipway/kube-objects'
import type { Resource } from '../registry/resource.ts'
import { viewEntry } from '../storage/codec.ts'
import { prefixOf } from '../storage/keys.ts'
import { controllerWrite } from '../storage/write-options.ts'
import type { ControllerDeps, ServerController } from './controller.ts'
import { WorkQueue } from './work-queue.ts'

const AS_CONTROLLER = controllerWrite('clusterrole-aggregation-controller')

/** Fills the rules of ClusterRoles that are put together from others by label. */
export function roleAggregationController({ objects, registry, onError }: ControllerDeps): ServerController {
  const { store } = objects
  const roles = registry.storedType('rbac.authorization.k8s.io', 'clusterroles') as Resource
  const prefix = prefixOf(roles)
  const queue = new WorkQueue(aggregate, onError)
  let stop: (() => void) | undefined

  async function aggregate(name: string): Promise<void> {
    await objects
      .update({ resource: roles, namespace: undefined, name }, aggregated, AS_CONTROLLER)
      .catch((error: unknown) => {
        if (store.get(prefix + name)) throw error
      })
  }

  function aggregated(role: KubeObject | undefined): KubeObject | undefined {
    const selectors = role?.aggregationRule?.clusterRoleSelectors ?? []
    if (!role || selectors.length === 0) return undefined
    const others = store.list(prefix).entries.map((entry) => viewEntry(entry))
    const rules: unknown[] = []
    for (const selector of selectors) {
      for (const other of others) {
        if (other.metadata.name === role.metadata.name) continue
        if (!matchesLabels(other.metadata.labels, labelRequirements(selector))) continue
        for (const rule of other.rules ?? []) if (!rules.some((known) => equalJson(known, rule))) rules.push(rule)
      }
    }
    return equalJson(role.rules ?? [], rules) ? undefined : { ...role, rules }
  }

  function enqueue(): void {
    for (const entry of store.list(prefix).entries) {
      if (entry.value.includes('"aggregationRule"')) queue.add(entry.key.slice(prefix.length))
    }
  }

  return {
    start() {
      enqueue()
      // A role without labels is in no other.
      stop = store.watch(prefix, store.revision(), ({ entry }) => {
        if (entry.value.includes('"aggregationRule"') || entry.value.includes('"labels":{')) enqueue()
      })
    },
    async stop() {
      stop?.()
      await queue.stop()
    },
  }
}
