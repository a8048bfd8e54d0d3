import { equalJson, type KubeObject, labelRequirements, matchesLabels } from '@slipway/kube-objects'
import type { Spec } from '../defaults/spec.ts'
import type { Resource } from '../registry/resource.ts'
import { viewEntry } from '../storage/codec.ts'
import { prefixOf } from '../storage/keys.ts'
import { systemWrite } from '../storage/object-service.ts'
import { timestamp } from '../storage/timestamp.ts'
import { type ControllerDeps, parseKey, type ServerController } from './controller.ts'
import { WorkQueue } from './work-queue.ts'

/** Writes into every PodDisruptionBudget how many of its pods are healthy and how many may be evicted now. */
export function disruptionController(deps: ControllerDeps & { now: () => Date }): ServerController {
  const { objects, registry, onError, now } = deps
  const { store } = objects
  const budgets = registry.storedType('policy', 'poddisruptionbudgets') as Resource
  const pods = registry.storedType('', 'pods') as Resource
  const queue = new WorkQueue(reconcile, onError)
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
    const healthy = selected.filter((pod) => !pod.metadata.deletionTimestamp && isReady(pod)).length
    const allowed = expected > 0 ? Math.max(0, healthy - desired) : 0
    const status = {
      ...budget.status,
      observedGeneration: budget.metadata.generation,
      disruptionsAllowed: allowed,
      currentHealthy: healthy,
      desiredHealthy: desired,
      expectedPods: expected,
      conditions: conditionOf(budget, allowed),
    }
    return equalJson(budget.status ?? {}, status) ? undefined : { ...budget, status }
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

  function conditionOf(budget: KubeObject, allowed: number): Spec[] {
    const before = ((budget.status?.conditions ?? []) as Spec[]).find(({ type }) => type === 'DisruptionAllowed')
    const status = allowed > 0 ? 'True' : 'False'
    const others = ((budget.status?.conditions ?? []) as Spec[]).filter(({ type }) => type !== 'DisruptionAllowed')
    const condition = {
      type: 'DisruptionAllowed',
      status,
      reason: allowed > 0 ? 'SufficientPods' : 'InsufficientPods',
      message: '',
      observedGeneration: budget.metadata.generation,
      lastTransitionTime: before?.status === status ? before.lastTransitionTime : timestamp(now()),
    }
    return [...others, condition]
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
