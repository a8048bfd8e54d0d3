/** What the arithmetic of a change of size needs to know; the rules are kube-controller-manager's (deployment/sync.go, scale). */
export interface ScaleState {
  /** spec.replicas of the Deployment. */
  desired: number
  maxSurge: number
  rolling: boolean
  /** The replica set of the current template, if there is one. */
  fresh: Scaled | undefined
  /** The others, oldest first. */
  old: Scaled[]
}

export interface Scaled {
  name: string
  /** spec.replicas. */
  wanted: number
  available: number
  /** What the Deployment allowed at most when this set was last given its size; 0 when that is not known. */
  mostBefore: number
}

/**
 * The sizes that replica sets get when the Deployment itself changes its size, by name; only those that change. In the middle of
 * a rollout each gets its share, so that the rollout comes no further by it.
 */
export function planScale(state: ScaleState): Map<string, number> {
  const { fresh, old, desired, rolling } = state
  const all = [...old, ...(fresh ? [fresh] : [])]
  const active = all.filter(({ wanted }) => wanted > 0)
  const [only = fresh ?? old.at(-1), second] = active
  if (!second) return only && only.wanted !== desired ? new Map([[only.name, desired]]) : new Map()
  if (fresh && fresh.wanted === desired && fresh.available === desired) {
    return new Map(active.filter((set) => set !== fresh).map(({ name }) => [name, 0]))
  }
  return rolling ? shares(state, active) : new Map()
}

function shares({ desired, maxSurge, fresh }: ScaleState, active: Scaled[]): Map<string, number> {
  const most = desired > 0 ? desired + maxSurge : 0
  const toAdd = most - active.reduce((sum, { wanted }) => sum + wanted, 0)
  if (toAdd === 0) return new Map()
  // Larger ones first; of equal ones the newer one grows and the older one shrinks.
  const age = (set: Scaled): number => (set === fresh ? active.length : active.indexOf(set))
  const order = (a: Scaled, b: Scaled): number => b.wanted - a.wanted || (toAdd > 0 ? age(b) - age(a) : age(a) - age(b))
  const sorted = [...active].sort(order)
  const sizes = new Map<string, number>()
  let added = 0
  for (const { name, wanted, mostBefore } of sorted) {
    const fraction = desired === 0 ? -wanted : mostBefore === 0 ? 0 : Math.round((wanted * most) / mostBefore) - wanted
    const part = toAdd > 0 ? Math.min(fraction, toAdd - added) : Math.max(fraction, toAdd - added)
    sizes.set(name, wanted + part)
    added += part
  }
  const [largest] = sorted
  if (largest) sizes.set(largest.name, Math.max(0, (sizes.get(largest.name) ?? 0) + toAdd - added))
  return new Map(
    sorted.filter(({ name, wanted }) => sizes.get(name) !== wanted).map(({ name }) => [name, sizes.get(name) ?? 0]),
  )
}
