import type { KubeObject } from '@slipway/kube-objects'
import { selects } from '../../labels.ts'
import type { LabelSelector, Pod } from '../../model/pod.ts'

/** policy/v1 PodDisruptionBudget, as far as it keeps pods from being chosen to go. */
export interface Budget extends KubeObject {
  spec?: { selector?: LabelSelector }
  status?: { disruptionsAllowed?: number; disruptedPods?: Record<string, string> }
}

/** Those of the pods that would break a budget if all went in this order (kube-scheduler, filterPodsWithPDBViolation). */
export function breaksBudget(pods: Pod[], budgets: Budget[]): Pod[] {
  const left = new Map(budgets.map((budget) => [budget, budget.status?.disruptionsAllowed ?? 0]))
  return pods.filter((pod) => {
    const concerned = budgets.filter((budget) => covers(budget, pod))
    for (const budget of concerned) left.set(budget, (left.get(budget) ?? 0) - 1)
    return concerned.some((budget) => (left.get(budget) ?? 0) < 0)
  })
}

/** An empty selector means none here, and a pod whose eviction was granted counts no more. */
function covers({ metadata, spec, status }: Budget, pod: Pod): boolean {
  const { selector = {} } = spec ?? {}
  const isEmpty = Object.keys(selector.matchLabels ?? {}).length + (selector.matchExpressions ?? []).length === 0
  if (isEmpty || metadata.namespace !== pod.metadata.namespace || status?.disruptedPods?.[pod.metadata.name])
    return false
  return Object.keys(pod.metadata.labels ?? {}).length > 0 && selects(selector, pod.metadata.labels)
}
