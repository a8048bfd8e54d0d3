import { parseQuantity } from '@slipway/kube-objects'
import type { Spec } from '../defaults/spec.ts'

/** Amounts by resource name, in nano units. */
export type Usage = Map<string, bigint>

type Part = 'requests' | 'limits'

interface Measured {
  spec?: Spec
  status?: Spec
}

/** What a pod may be asked of as a whole (KEP-2837). */
export const POD_LEVEL = /^(cpu$|memory$|hugepages-)/

/**
 * What a pod takes in all: its containers together, or its largest init container; what is said of the pod as a whole goes before, and
 * its overhead comes on top (component-helpers/resource). With a status, containers count with what they have while that changes.
 */
export function podUsage(pod: Measured): { requests: Usage; limits: Usage } {
  return { requests: total(pod, 'requests'), limits: total(pod, 'limits') }
}

function total({ spec = {}, status }: Measured, part: Part): Usage {
  const usage = ofContainers(spec, part, heldAmounts(status, part))
  for (const [name, amount] of Object.entries((spec.resources?.[part] ?? {}) as Record<string, string>)) {
    if (POD_LEVEL.test(name)) usage.set(name, parseQuantity(amount))
  }
  for (const [name, amount] of Object.entries((spec.overhead ?? {}) as Record<string, string>)) {
    if (part === 'requests' || usage.get(name)) addTo(usage, { [name]: amount })
  }
  return usage
}

function ofContainers(spec: Spec, part: Part, held: (container: Spec) => Usage): Usage {
  const running: Usage = new Map()
  const needed: Usage = new Map()
  for (const container of spec.containers ?? []) addUsage(running, held(container))
  const sidecars: Usage = new Map()
  for (const container of spec.initContainers ?? []) {
    const own: Usage = new Map(sidecars)
    if (container.restartPolicy === 'Always') {
      addUsage(own, held(container))
      addUsage(sidecars, held(container))
    } else addTo(own, container.resources?.[part])
    raise(needed, own)
  }
  addUsage(running, sidecars)
  raise(running, needed)
  return running
}

/** Old and new, whichever is more, while a container's resources change; the old alone when it can't get the new (KEP-1287). */
function heldAmounts(status: Spec | undefined, part: Part): (container: Spec) => Usage {
  const statuses: Spec[] = [...(status?.containerStatuses ?? []), ...(status?.initContainerStatuses ?? [])]
  const infeasible = (status?.conditions as Spec[] | undefined)?.some(
    ({ type, reason }) => type === 'PodResizePending' && reason === 'Infeasible',
  )
  return ({ name, resources }) => {
    const held = statuses.find((one) => one.name === name && one.resources)
    const usage: Usage = new Map()
    if (!held || !infeasible) addTo(usage, resources?.[part])
    raise(usage, asUsage(held?.resources[part]))
    if (part === 'requests' && held) raise(usage, asUsage(held.allocatedResources))
    return usage
  }
}

const asUsage = (amounts: Record<string, string> = {}): Usage =>
  new Map(Object.entries(amounts).map(([name, amount]) => [name, parseQuantity(amount)]))

function addTo(usage: Usage, amounts: Record<string, string> | undefined): void {
  addUsage(usage, asUsage(amounts))
}

function addUsage(usage: Usage, more: Usage): void {
  for (const [name, amount] of more) usage.set(name, (usage.get(name) ?? 0n) + amount)
}

function raise(usage: Usage, least: Usage): void {
  for (const [name, amount] of least) if (amount > (usage.get(name) ?? -1n)) usage.set(name, amount)
}
