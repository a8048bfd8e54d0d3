import { parseQuantity } from '@slipway/kube-objects'
import type { NodeObject } from '../model/node.ts'
import type { Container, Pod } from '../model/pod.ts'
import type { PodStatus } from '../model/pod-status.ts'

/** Amounts in nano units by resource. */
export type Amounts = Map<string, bigint>

/** What a pod asks for: its containers together, or the largest of its init containers beside the sidecars before it (KEP-753). */
export function podRequests({ spec, status }: Pod): Amounts {
  const requestsOf = (container: Container): Amounts => heldOrAsked(container, status)
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

/** What a node has not enough left of beside these pods: room for one more first (scheduler, fitsRequest). */
export function insufficient(pod: Pod, node: NodeObject, others: Pod[]): Shortage[] {
  const allocatable = amountsOf(node.status?.allocatable)
  const used: Amounts = new Map()
  for (const other of others) add(used, podRequests(other))
  used.set('pods', BigInt(others.length) * UNIT)
  return [['pods', UNIT] as const, ...podRequests(pod)]
    .map(([resource, requested]): Shortage => {
      const unlimited = resource === 'pods' ? MOST : 0n
      return {
        ...{ resource, requested, used: used.get(resource) ?? 0n },
        capacity: allocatable.get(resource) ?? unlimited,
      }
    })
    .filter(({ requested, used: taken, capacity }) => requested > 0n && taken + requested > capacity)
}

const MILLI = 1_000_000n

/** As the kubelet says it: processors in thousandths, all else as it is counted (InsufficientResourceError). */
export function shortageText({ resource, requested, used, capacity }: Shortage): string {
  const [asked, taken, whole] = [requested, used, capacity].map(
    (amount) => amount / (resource === 'cpu' ? MILLI : UNIT),
  )
  return `Node didn't have enough resource: ${resource}, requested: ${asked}, used: ${taken}, capacity: ${whole}`
}

const UNIT = 1_000_000_000n
const MOST = UNIT ** 2n

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

function amountsOf(quantities: Record<string, string> = {}): Amounts {
  return new Map(Object.entries(quantities).map(([resource, quantity]) => [resource, parseQuantity(quantity)]))
}

function add(total: Amounts, more: Amounts): void {
  for (const [resource, amount] of more) total.set(resource, (total.get(resource) ?? 0n) + amount)
}

function raise(total: Amounts, least: Amounts): void {
  for (const [resource, amount] of least) if (amount > (total.get(resource) ?? 0n)) total.set(resource, amount)
}
