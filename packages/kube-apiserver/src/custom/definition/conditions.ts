import type { KubeObject } from '@slipway/kube-objects'
import type { Spec } from '../../defaults/spec.ts'

type ConditionType = 'Established' | 'NamesAccepted' | 'Terminating' | 'KubernetesAPIApprovalPolicyConformant'

/** A condition of a definition, as it shall be. */
export interface DefinitionCondition {
  type: ConditionType
  status: 'True' | 'False'
  reason: string
  message: string
}

export function conditionOf({ status }: Readonly<KubeObject>, type: ConditionType): Spec | undefined {
  return (status?.conditions as Spec[] | undefined)?.find((one) => one.type === type)
}

export const isTrue = (crd: Readonly<KubeObject>, type: ConditionType): boolean =>
  conditionOf(crd, type)?.status === 'True'

/** Sets a condition; its time is that of the last change of its status (apihelpers' SetCRDCondition). */
export function setCondition(crd: KubeObject, wanted: DefinitionCondition, now: string): void {
  const conditions: Spec[] = crd.status?.conditions ?? []
  const known = conditionOf(crd, wanted.type)
  const { type, status, reason, message } = wanted
  const lastTransitionTime = known?.status === status ? (known.lastTransitionTime ?? now) : now
  const made = { type, status, lastTransitionTime, reason, message }
  crd.status = {
    ...crd.status,
    conditions: known ? conditions.map((one) => (one === known ? made : one)) : [...conditions, made],
  }
}

export function removeCondition(crd: KubeObject, type: ConditionType): void {
  if (!conditionOf(crd, type)) return
  crd.status.conditions = (crd.status.conditions as Spec[]).filter((one) => one.type !== type)
}
