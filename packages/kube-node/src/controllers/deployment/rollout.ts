import { absolute } from '../absolute.ts'

/** What the arithmetic of a rolling update needs to know; the rules are kube-controller-manager's (deployment/rolling.go). */
export interface RolloutState {
  /** spec.replicas of the Deployment. */
  desired: number
  maxSurge: number
  maxUnavailable: number
  fresh: Replicas
  /** Older replica sets that still have replicas, oldest first. */
  old: Replicas[]
}

export interface Replicas {
  name: string
  /** spec.replicas. */
  wanted: number
  available: number
}

/** Absolute numbers of a strategy: surge rounds up, unavailable rounds down, and both zero would never move. */
export function resolveFenceposts(
  desired: number,
  maxSurge: number | string = '25%',
  maxUnavailable: number | string = '25%',
): { maxSurge: number; maxUnavailable: number } {
  const surge = absolute(maxSurge, desired, Math.ceil)
  const unavailable = absolute(maxUnavailable, desired, Math.floor)
  return { maxSurge: surge, maxUnavailable: surge === 0 && unavailable === 0 ? 1 : Math.min(unavailable, desired) }
}

/** The sizes that replica sets should get now, by name; only those that change. */
export function planRollingUpdate(state: RolloutState): Map<string, number> {
  const plan = new Map<string, number>()
  const { fresh, old, desired, maxSurge, maxUnavailable } = state
  const total = sum([fresh, ...old], ({ wanted }) => wanted)
  const grown =
    fresh.wanted > desired
      ? desired
      : fresh.wanted + Math.max(0, Math.min(desired + maxSurge - total, desired - fresh.wanted))
  if (grown !== fresh.wanted) {
    plan.set(fresh.name, grown)
    return plan
  }
  const freshUnavailable = fresh.wanted - Math.min(fresh.available, fresh.wanted)
  let budget = total - (desired - maxUnavailable) - freshUnavailable
  if (budget <= 0) return plan
  const sizes = new Map(old.map(({ name, wanted }) => [name, wanted]))
  // Replicas that do not serve go first: taking them away costs nothing.
  for (const { name, wanted, available } of old) {
    const remove = Math.min(budget, Math.max(0, wanted - available))
    sizes.set(name, wanted - remove)
    budget -= remove
  }
  let spare = sum([fresh, ...old], ({ available }) => available) - (desired - maxUnavailable)
  for (const { name } of old) {
    const size = sizes.get(name) ?? 0
    const remove = Math.max(0, Math.min(spare, size))
    sizes.set(name, size - remove)
    spare -= remove
  }
  for (const { name, wanted } of old) {
    const size = sizes.get(name) ?? wanted
    if (size !== wanted) plan.set(name, size)
  }
  return plan
}

function sum<T>(items: T[], value: (item: T) => number): number {
  return items.reduce((total, item) => total + value(item), 0)
}
