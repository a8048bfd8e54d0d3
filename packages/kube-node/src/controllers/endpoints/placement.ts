import { canonicalJson } from '../../canonical.ts'
import type { Endpoint, EndpointSlice } from '../../model/service.ts'

/** Of one EndpointSlice (kube-controller-manager, --max-endpoints-per-slice). */
const MOST_ENDPOINTS = 100

/** A slice as it is to be, and which one that was; undefined: none, it is new. */
export interface Placed {
  wanted: EndpointSlice
  current: EndpointSlice | undefined
}

/**
 * Deals endpoints out to slices so that few of these have to be written: what has a place keeps it, what is new goes where something
 * changes anyway, then where it fits best, and then into new slices (reconcileByPortMapping of the EndpointSlice controller). `groups` have
 * all endpoints of the same ports each; slices that are left over take other ports before there are new ones.
 */
export function place(groups: EndpointSlice[], slices: EndpointSlice[]): { placed: Placed[]; left: EndpointSlice[] } {
  const left = new Set(slices)
  const placed = groups.flatMap((group) => {
    const same = slices.filter((slice) => canonicalJson(slice.ports) === canonicalJson(group.ports))
    const dealt = group.endpoints?.length ? deal(group, same) : [{ wanted: group, current: same[0] }]
    for (const { current } of dealt) if (current) left.delete(current)
    return dealt
  })
  for (const one of placed) {
    const [spare] = left
    if (one.current || !spare) continue
    one.current = spare
    left.delete(spare)
  }
  return { placed, left: [...left] }
}

interface Slot {
  current: EndpointSlice
  endpoints: Endpoint[]
  isChanged: boolean
}

function deal(group: EndpointSlice, slices: EndpointSlice[]): Placed[] {
  const rest = new Map((group.endpoints ?? []).map((endpoint) => [keyOf(endpoint), endpoint]))
  const slots = slices.map((current) => slotOf(current, rest))
  const fresh = [...rest.values()]
  for (const slot of slots) if (slot.isChanged) fill(slot, fresh)
  const added: Endpoint[][] = []
  while (fresh.length >= MOST_ENDPOINTS) added.push(fresh.splice(0, MOST_ENDPOINTS))
  if (fresh.length > 0) {
    const best = slots.filter((slot) => roomIn(slot) >= fresh.length).sort((a, b) => roomIn(a) - roomIn(b))[0]
    if (best) fill(best, fresh)
    else added.push(fresh)
  }
  return [
    ...slots
      .filter(({ endpoints }) => endpoints.length > 0)
      .map(({ current, endpoints }) => ({ wanted: { ...group, endpoints }, current })),
    ...added.map((endpoints) => ({ wanted: { ...group, endpoints }, current: undefined })),
  ]
}

/** What stays in a slice, which is taken out of the `rest`. */
function slotOf(current: EndpointSlice, rest: Map<string, Endpoint>): Slot {
  const before = current.endpoints ?? []
  const endpoints: Endpoint[] = []
  for (const endpoint of before) {
    const wanted = rest.get(keyOf(endpoint))
    if (wanted && rest.delete(keyOf(endpoint))) endpoints.push(wanted)
  }
  return { current, endpoints, isChanged: endpoints.length < before.length }
}

const roomIn = ({ endpoints }: Slot): number => MOST_ENDPOINTS - endpoints.length

function fill(slot: Slot, fresh: Endpoint[]): void {
  slot.endpoints.push(...fresh.splice(0, Math.max(0, roomIn(slot))))
}

const keyOf = ({ addresses, targetRef }: Endpoint): string => `${targetRef?.uid} ${addresses[0]}`
