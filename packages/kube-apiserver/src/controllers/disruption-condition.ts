import type { KubeObject } from '@slipway/kube-objects'
import type { Spec } from '../defaults/spec.ts'
import { timestamp } from '../storage/timestamp.ts'

/** A PodDisruptionBudget's conditions when so many evictions are allowed (k8s.io/component-helpers' pdb). */
export function disruptionConditions({ metadata, status }: Readonly<KubeObject>, allowed: number, now: Date): Spec[] {
  const conditions = (status?.conditions ?? []) as Spec[]
  const before = conditions.find(({ type }) => type === 'DisruptionAllowed')
  const state = allowed > 0 ? 'True' : 'False'
  const others = conditions.filter(({ type }) => type !== 'DisruptionAllowed')
  const condition = {
    type: 'DisruptionAllowed',
    status: state,
    reason: allowed > 0 ? 'SufficientPods' : 'InsufficientPods',
    message: '',
    observedGeneration: metadata.generation,
    lastTransitionTime: before?.status === state ? before.lastTransitionTime : timestamp(now),
  }
  return [...others, condition]
}
