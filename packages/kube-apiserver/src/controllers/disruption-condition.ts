import type { KubeObject } from '@slipway/kube-objects'
import type { Spec } from '../defaults/spec.ts'
import { timestamp } from '../storage/timestamp.ts'

const TYPE = 'DisruptionAllowed'

/** A PodDisruptionBudget's conditions when so many evictions are allowed (k8s.io/component-helpers' pdb). */
export function disruptionConditions(budget: Readonly<KubeObject>, allowed: number, now: Date): Spec[] {
  const isAllowed = allowed > 0
  return withCondition(budget, now, {
    status: isAllowed ? 'True' : 'False',
    reason: isAllowed ? 'SufficientPods' : 'InsufficientPods',
    message: '',
    observedGeneration: budget.metadata.generation,
  })
}

/** The same when nobody knows how many. */
export function failedCondition(budget: Readonly<KubeObject>, message: string, now: Date): Spec[] {
  const { observedGeneration } = budget.status ?? {}
  return withCondition(budget, now, {
    status: 'False',
    reason: 'SyncFailed',
    message,
    ...(observedGeneration !== undefined && { observedGeneration }),
  })
}

function withCondition({ status }: Readonly<KubeObject>, now: Date, said: Spec): Spec[] {
  const conditions = (status?.conditions ?? []) as Spec[]
  const before = conditions.find(({ type }) => type === TYPE)
  const lastTransitionTime = before?.status === said.status ? before?.lastTransitionTime : timestamp(now)
  return [...conditions.filter(({ type }) => type !== TYPE), { type: TYPE, ...said, lastTransitionTime }]
}
