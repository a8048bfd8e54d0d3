import { parseQuantity } from '@slipway/kube-objects'
import type { NodeObject } from '../../model/node.ts'
import type { Container, Pod } from '../../model/pod.ts'
import type { PodStatus } from '../../model/pod-status.ts'
import type { PodInfo } from '../cluster/pod-info.ts'
import type { Rule } from './rule.ts'

/** Amounts in nano units by resource. */
export type Amounts = Map<string, bigint>

/** Whether the Node has what the pod asks for, beside what its pods hold (NodeResourcesFit). */
export function resourcesRule({ holding }: PodInfo): Rule {
  return {
    check({ allocatable, held }) {
      const short = shortages(holding, allocatable, held)
      if (short.length === 0) return undefined
      const reasons = short.map(({ resource }) => (resource === 'pods' ? 'Too many pods' : `Insufficient ${resource}`))
      // What the Node as a whole has not got, no pod can give.
      const isOthers = short.every(({ resource, requested, capacity }) => resource === 'pods' || requested <= capacity)
      return { reasons, isOthers }
    },
  }
}

/**
 * What a pod asks for: its containers together, or the largest of its init containers beside the sidecars before it (KEP-753), unless it
 * says it for itself as a whole (KEP-2837). `least`: what each container counts with that asks for nothing of a resource.
 */
export function podRequests({ spec, status }: Pod, least?: Amounts): Amounts {
  const requestsOf = (container: Container): Amounts => {
    const requests = heldOrAsked(container, status)
    for (const [resource, amount] of least ?? []) if (!requests.has(resource)) requests.set(resource, amount)
    return requests
  }
  const total: Amounts = new Map()
  for (const container of spec.containers) add(total, requestsOf(container))
  const sidecars: Amounts = new Map()
  const peak: Amounts = new Map()
  for (const container of spec.initContainers ?? []) {
    const together: Amounts = new Map(sidecars)
    add(together, requestsOf(container))
    if (container.restartPolicy === 'Always') add(sidecars, requestsOf(container))
    raise(peak, together)
  }
  add(total, sidecars)
  raise(total, peak)
  for (const [resource, amount] of amountsOf(spec.resources?.requests)) {
    if (resource === 'cpu' || resource === 'memory' || resource.startsWith('hugepages-')) total.set(resource, amount)
  }
  add(total, amountsOf(spec.overhead))
  return total
}

/** A resource of which a node has not enough left, in nano units. */
export interface Shortage {
  resource: string
  requested: bigint
  used: bigint
  capacity: bigint
}

/** What a node has not enough left of beside these pods. */
export function insufficient(pod: Pod, node: NodeObject, others: Pod[]): Shortage[] {
  const held: Amounts = new Map()
  for (const other of others) add(held, podHolding(podRequests(other)))
  return shortages(podHolding(podRequests(pod)), amountsOf(node.status?.allocatable), held)
}

/** What there is not enough of: room for one more pod first (scheduler, fitsRequest). */
function shortages(holding: Amounts, allocatable: Amounts, held: Amounts): Shortage[] {
  const short: Shortage[] = []
  for (const [resource, requested] of holding) {
    const [used, capacity] = [held.get(resource) ?? 0n, allocatable.get(resource) ?? 0n]
    if (requested > 0n && used + requested > capacity) short.push({ resource, requested, used, capacity })
  }
  return short
}

/** What a pod takes of a node: one of the places for pods, and what it asks for. */
export const podHolding = (requests: Amounts): Amounts => new Map([['pods', UNIT], ...requests])

const MILLI = 1_000_000n

/** As the kubelet says it: processors in thousandths, all else as it is counted (InsufficientResourceError). */
export function shortageText({ resource, requested, used, capacity }: Shortage): string {
  const [asked, taken, whole] = [requested, used, capacity].map(
    (amount) => amount / (resource === 'cpu' ? MILLI : UNIT),
  )
  return `Node didn't have enough resource: ${resource}, requested: ${asked}, used: ${taken}, capacity: ${whole}`
}

const UNIT = 1_000_000_000n

/** While its resources change, a container counts with the more of old and new; with the old alone when it can't get the new (KEP-1287). */
function heldOrAsked({ name, resources }: Container, status: PodStatus | undefined): Amounts {
  const statuses = [...(status?.containerStatuses ?? []), ...(status?.initContainerStatuses ?? [])]
  const held = statuses.find((one) => one.name === name)?.allocatedResources
  const asked = amountsOf(resources?.requests)
  if (held === undefined) return asked
  if (status?.conditions?.some(({ type, reason }) => type === 'PodResizePending' && reason === 'Infeasible')) {
    return amountsOf(held)
  }
  raise(asked, amountsOf(held))
  return asked
}

export function amountsOf(quantities: Record<string, string> = {}): Amounts {
  return new Map(Object.entries(quantities).map(([resource, quantity]) => [resource, parseQuantity(quantity)]))
}

/** Adds amounts, or takes them off again. */
export function add(total: Amounts, more: Amounts, times: 1n | -1n = 1n): void {
  for (const [resource, amount] of more) total.set(resource, (total.get(resource) ?? 0n) + times * amount)
}

function raise(total: Amounts, least: Amounts): void {
  for (const [resource, amount] of least) if (amount > (total.get(resource) ?? 0n)) total.set(resource, amount)
}
