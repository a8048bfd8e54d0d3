import { type KubeObject, labelRequirements, matchesLabels, printedSelector } from '@slipway/kube-objects'
import type { Spec } from '../defaults/spec.ts'
import { disruptionConditions, failedCondition } from './disruption-condition.ts'
import type { ExpectedScale } from './disruption-scale.ts'
import type { EventWords } from './events.ts'

/** How long an eviction that was granted may take. */
export const DELETION_TIMEOUT = 2 * 60_000

export interface Verdict {
  status: Spec
  events: EventWords[]
}

/** What a PodDisruptionBudget says when these are the pods of its namespace (kube-controller-manager, trySync). */
export function judge(
  budget: Readonly<KubeObject>,
  pods: Readonly<KubeObject>[],
  scaleOf: (pods: Readonly<KubeObject>[]) => ExpectedScale,
  now: Date,
): Verdict {
  const selected = pods.filter(({ metadata }) => isSelected(budget, metadata.labels))
  const events: EventWords[] = []
  if (selected.length === 0) events.push({ type: 'Normal', reason: 'NoPods', message: 'No matching pods found' })
  try {
    const { expected, desired, unmanaged } = countsOf(budget.spec ?? {}, selected, scaleOf)
    if (unmanaged.length > 0) events.push(unmanagedWords(budget))
    return { status: statusOf(budget, selected, { expected, desired }, now), events }
  } catch (error) {
    const { message } = error as Error
    const reason = 'CalculateExpectedPodCountFailed'
    events.push({ type: 'Warning', reason, message: `Failed to calculate the number of expected pods: ${message}` })
    // Rather none is evicted than one too many (failSafe).
    const conditions = failedCondition(budget, message, now)
    return { status: { ...budget.status, disruptionsAllowed: 0, conditions }, events }
  }
}

function isSelected({ spec }: Readonly<KubeObject>, labels: Record<string, string> | undefined): boolean {
  // policy/v1: an empty selector selects all, an absent one none.
  return spec?.selector !== undefined && matchesLabels(labels, labelRequirements(spec.selector))
}

/** A number of pods is meant of those that are there, a share and what may be missing of those that should be. */
function countsOf(
  { minAvailable, maxUnavailable }: Spec,
  selected: Readonly<KubeObject>[],
  scaleOf: (pods: Readonly<KubeObject>[]) => ExpectedScale,
): { expected: number; desired: number; unmanaged: string[] } {
  if (maxUnavailable !== undefined) {
    const { expected, unmanaged } = scaleOf(selected)
    return { expected, desired: Math.max(0, expected - share(maxUnavailable, expected)), unmanaged }
  }
  if (typeof minAvailable === 'number') return { expected: selected.length, desired: minAvailable, unmanaged: [] }
  if (minAvailable === undefined) return { expected: 0, desired: 0, unmanaged: [] }
  const { expected, unmanaged } = scaleOf(selected)
  return { expected, desired: share(minAvailable, expected), unmanaged }
}

/** A number, or a percentage rounded up. */
function share(value: number | string, of: number): number {
  return typeof value === 'number' ? value : Math.ceil((Number.parseInt(value, 10) / 100) * of)
}

function statusOf(
  budget: Readonly<KubeObject>,
  selected: Readonly<KubeObject>[],
  { expected, desired }: { expected: number; desired: number },
  now: Date,
): Spec {
  const disrupted = disruptedPods(budget, selected, now)
  const isHealthy = (pod: Readonly<KubeObject>): boolean =>
    !pod.metadata.deletionTimestamp && isReady(pod) && disrupted[pod.metadata.name] === undefined
  const healthy = selected.filter(isHealthy).length
  const allowed = expected > 0 ? Math.max(0, healthy - desired) : 0
  const { disruptedPods: _, ...before } = budget.status ?? {}
  return {
    ...before,
    ...(Object.keys(disrupted).length > 0 && { disruptedPods: disrupted }),
    observedGeneration: budget.metadata.generation,
    disruptionsAllowed: allowed,
    currentHealthy: healthy,
    desiredHealthy: desired,
    expectedPods: expected,
    conditions: disruptionConditions(budget, allowed, now),
  }
}

/** Pods whose eviction was granted and that do not go yet; one that still is there after two minutes stays. */
function disruptedPods(
  budget: Readonly<KubeObject>,
  selected: Readonly<KubeObject>[],
  now: Date,
): Record<string, string> {
  const leaving = new Set(
    selected.filter(({ metadata }) => !metadata.deletionTimestamp).map(({ metadata }) => metadata.name),
  )
  const granted = Object.entries((budget.status?.disruptedPods ?? {}) as Record<string, string>)
  return Object.fromEntries(
    granted.filter(([name, time]) => leaving.has(name) && Date.parse(time) + DELETION_TIMEOUT > now.getTime()),
  )
}

function isReady({ status }: Readonly<KubeObject>): boolean {
  return ((status?.conditions ?? []) as Spec[]).some(({ type, status: value }) => type === 'Ready' && value === 'True')
}

function unmanagedWords({ spec }: Readonly<KubeObject>): EventWords {
  const message = `Pods selected by this PodDisruptionBudget (selector: ${printedSelector(spec?.selector)}) were found to be unmanaged. As a result, the status of the PDB cannot be calculated correctly, which may result in undefined behavior. To account for these pods please set ".spec.minAvailable" field of the PDB to an integer value.`
  return { type: 'Warning', reason: 'UnmanagedPods', message }
}
