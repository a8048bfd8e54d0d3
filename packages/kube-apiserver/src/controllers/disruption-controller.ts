import { equalJson, type KubeObject, labelRequirements, matchesLabels } from '@slipway/kube-objects'
import type { Spec } from '../defaults/spec.ts'
import type { Resource } from '../registry/resource.ts'
import { viewEntry } from '../storage/codec.ts'
import { prefixOf } from '../storage/keys.ts'
import { systemWrite } from '../storage/object-service.ts'
import { type ControllerDeps, parseKey, type ServerController } from './controller.ts'
import { disruptionConditions } from './disruption-condition.ts'
import { WorkQueue } from './work-queue.ts'

const DELETION_TIMEOUT = 2 * 60_000

/** Writes into every PodDisruptionBudget how many of its pods are healthy and how many may be evicted now. */
export function disruptionController(deps: ControllerDeps & { now: () => Date }): ServerController {
  const { objects, registry, onError, now } = deps
  const { store } = objects
  const budgets = registry.storedType('policy', 'poddisruptionbudgets') as Resource
  const pods = registry.storedType('', 'pods') as Resource
  const queue = new WorkQueue(reconcile, onError)
  const later = new Map<string, NodeJS.Timeout>()
  const stops: (() => void)[] = []

  async function reconcile(namespace: string): Promise<void> {
    for (const entry of store.list(prefixOf(budgets, namespace)).entries) {
      const { name } = viewEntry(entry).metadata
      await objects
        .update({ resource: budgets, namespace, name }, judged, { ...systemWrite, subresource: 'status' })
        .catch((error: unknown) => {
          if (store.get(entry.key)) throw error
        })
    }
  }

  function judged(budget: KubeObject | undefined): KubeObject | undefined {
    if (!budget) return undefined
    const selected = store
      .list(prefixOf(pods, budget.metadata.namespace))
      .entries.map((entry) => viewEntry(entry))
      .filter(
        ({ metadata, status }) =>
          isSelected(budget, metadata.labels) && !['Succeeded', 'Failed'].includes(status?.phase),
      )
    const expected = expectedPods(selected)
    const desired = desiredHealthy(budget.spec ?? {}, expected)
    const disrupted = disruptedPods(budget, selected)
    const isHealthy = (pod: Readonly<KubeObject>): boolean =>
      !pod.metadata.deletionTimestamp && isReady(pod) && disrupted[pod.metadata.name] === undefined
    const healthy = selected.filter(isHealthy).length
    const allowed = expected > 0 ? Math.max(0, healthy - desired) : 0
    const { disruptedPods: _, ...before } = budget.status ?? {}
    const status = {
      ...before,
      ...(Object.keys(disrupted).length > 0 && { disruptedPods: disrupted }),
      observedGeneration: budget.metadata.generation,
      disruptionsAllowed: allowed,
      currentHealthy: healthy,
      desiredHealthy: desired,
      expectedPods: expected,
      conditions: disruptionConditions(budget, allowed, now()),
    }
    return equalJson(budget.status ?? {}, status) ? undefined : { ...budget, status }
  }

  /** Pods whose eviction was granted and that do not go yet; one that still is there after two minutes stays. */
  function disruptedPods(budget: KubeObject, selected: Readonly<KubeObject>[]): Record<string, string> {
    const leaving = new Set(
      selected.filter(({ metadata }) => !metadata.deletionTimestamp).map(({ metadata }) => metadata.name),
    )
    const granted = Object.entries((budget.status?.disruptedPods ?? {}) as Record<string, string>)
    const kept = granted.filter(
      ([name, time]) => leaving.has(name) && Date.parse(time) + DELETION_TIMEOUT > now().getTime(),
    )
    if (kept.length > 0) lookAgain(budget.metadata.namespace ?? '')
    return Object.fromEntries(kept)
  }

  function lookAgain(namespace: string): void {
    if (later.has(namespace)) return
    const look = (): void => {
      later.delete(namespace)
      queue.add(namespace)
    }
    later.set(namespace, setTimeout(look, DELETION_TIMEOUT).unref())
  }

  /** As many as the owners of the pods want, not only those that are there. */
  function expectedPods(selected: Readonly<KubeObject>[]): number {
    const owners = new Map<string, number>()
    let bare = 0
    for (const { metadata } of selected) {
      const owner = metadata.ownerReferences?.find(({ controller }) => controller)
      const wanted = owner && replicasOf(owner.apiVersion, owner.kind, metadata.namespace, owner.name)
      if (wanted === undefined) bare++
      else owners.set(owner?.uid ?? '', wanted)
    }
    return [...owners.values()].reduce((sum, wanted) => sum + wanted, bare)
  }

  function replicasOf(
    apiVersion: string,
    kind: string,
    namespace: string | undefined,
    name: string,
  ): number | undefined {
    const group = apiVersion.includes('/') ? (apiVersion.split('/')[0] ?? '') : ''
    const resource = registry.byKind(group, kind)
    return resource && objects.find({ resource, namespace, name })?.spec?.replicas
  }

  return {
    start() {
      for (const entry of store.list(prefixOf(budgets)).entries) queue.add(viewEntry(entry).metadata.namespace ?? '')
      for (const resource of [budgets, pods]) {
        stops.push(
          store.watch(prefixOf(resource), store.revision(), ({ key, type, entry, previous }) => {
            const namespace = parseKey(key, registry)?.namespace ?? ''
            if (resource === budgets && type === 'put' && previous && sameSpec(entry.value, previous.value)) return
            if (resource === budgets || store.list(prefixOf(budgets, namespace), { limit: 1 }).entries.length > 0)
              queue.add(namespace)
          }),
        )
      }
    },
    async stop() {
      for (const stop of stops) stop()
      for (const timer of later.values()) clearTimeout(timer)
      await queue.stop()
    },
  }
}

/** A status that someone writes stays until pods or the budget change, as in Kubernetes. */
function sameSpec(a: string, b: string): boolean {
  return JSON.stringify(JSON.parse(a).spec) === JSON.stringify(JSON.parse(b).spec)
}

function isSelected({ spec }: KubeObject, labels: Record<string, string> | undefined): boolean {
  // policy/v1: an empty selector selects all, an absent one none.
  return spec?.selector !== undefined && matchesLabels(labels, labelRequirements(spec.selector))
}

function isReady({ status }: Readonly<KubeObject>): boolean {
  return ((status?.conditions ?? []) as Spec[]).some(({ type, status: value }) => type === 'Ready' && value === 'True')
}

function desiredHealthy({ minAvailable, maxUnavailable }: Spec, expected: number): number {
  if (minAvailable !== undefined) return share(minAvailable, expected)
  if (maxUnavailable !== undefined) return Math.max(0, expected - share(maxUnavailable, expected))
  return 0
}

/** A number, or a percentage rounded up. */
function share(value: number | string, of: number): number {
  return typeof value === 'number' ? value : Math.ceil((Number.parseInt(value, 10) / 100) * of)
}
