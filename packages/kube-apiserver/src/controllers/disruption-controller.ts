import { equalJson, type KubeObject } from '@slipway/kube-objects'
import type { Resource } from '../registry/resource.ts'
import { viewEntry } from '../storage/codec.ts'
import { prefixOf } from '../storage/keys.ts'
import type { Address } from '../storage/object-service.ts'
import { controllerWrite } from '../storage/write-options.ts'
import { type ControllerDeps, parseKey, type ServerController } from './controller.ts'
import { expectedScale } from './disruption-scale.ts'
import { DELETION_TIMEOUT, judge } from './disruption-verdict.ts'
import { type EventWords, recordEvent } from './events.ts'
import { WorkQueue } from './work-queue.ts'

const AS_CONTROLLER = controllerWrite('disruption-controller')

/** Writes into every PodDisruptionBudget how many of its pods are healthy and how many may be evicted now. */
export function disruptionController(deps: ControllerDeps & { now: () => Date }): ServerController {
  const { objects, registry, onError, now } = deps
  const { store } = objects
  const budgets = registry.storedType('policy', 'poddisruptionbudgets') as Resource
  const pods = registry.storedType('', 'pods') as Resource
  const queue = new WorkQueue(reconcile, onError)
  const later = new Map<string, NodeJS.Timeout>()
  const stops: (() => void)[] = []

  async function reconcile(namespace: string): Promise<number> {
    const { entries } = store.list(prefixOf(budgets, namespace))
    if (entries.length === 0) return 0
    for (const entry of entries) {
      const { name } = viewEntry(entry).metadata
      await look({ resource: budgets, namespace, name }).catch((error: unknown) => {
        if (store.get(entry.key)) throw error
      })
    }
    return entries.length * store.list(prefixOf(pods, namespace)).entries.length
  }

  /** What is told is told when something changes: each pod of the namespace brings the budget here. */
  async function look(address: Address): Promise<void> {
    let events: EventWords[] = []
    let subject: KubeObject | undefined
    await objects.update(
      address,
      (budget) => {
        events = []
        if (!budget) return undefined
        const verdict = judge(budget, podsIn(address.namespace), (selected) => expectedScale(deps, selected), now())
        if (verdict.status.disruptedPods) lookAgain(address.namespace ?? '')
        if (equalJson(budget.status ?? {}, verdict.status)) return undefined
        subject = budget
        events = verdict.events
        return { ...budget, status: verdict.status }
      },
      { ...AS_CONTROLLER, subresource: 'status' },
    )
    for (const words of events)
      if (subject) await recordEvent(deps, subject, words, { now: now(), write: AS_CONTROLLER })
  }

  const podsIn = (namespace: string | undefined): Readonly<KubeObject>[] =>
    store.list(prefixOf(pods, namespace)).entries.map((entry) => viewEntry(entry))

  function lookAgain(namespace: string): void {
    if (later.has(namespace)) return
    const look = (): void => {
      later.delete(namespace)
      queue.add(namespace)
    }
    later.set(namespace, setTimeout(look, DELETION_TIMEOUT).unref())
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
