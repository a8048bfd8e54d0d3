import type { NodeObject, Taint } from '../../model/node.ts'
import type { Toleration } from '../../model/pod.ts'
import type { PodInfo } from '../cluster/pod-info.ts'
import { never, type Rule } from './rule.ts'

const CORDON: Taint = { key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule' }

/** That the Node is not cordoned (NodeUnschedulable). */
export function cordonRule({ pod }: PodInfo): Rule {
  const isTolerated = pod.spec.tolerations?.some((toleration) => tolerates(toleration, CORDON))
  return {
    check: ({ object }) =>
      object.spec?.unschedulable && !isTolerated ? never('node(s) were unschedulable') : undefined,
  }
}

/** That the pod tolerates the Node's taints (TaintToleration). */
export function taintsRule({ pod }: PodInfo): Rule {
  return {
    check({ object }) {
      const [taint] = untolerated(pod.spec.tolerations, object, ['NoSchedule', 'NoExecute'])
      return taint && never(`node(s) had untolerated taint(s)`)
    },
  }
}

/** Taints of these effects that are not tolerated. */
export function untolerated(tolerations: Toleration[] = [], { spec }: NodeObject, effects: Taint['effect'][]): Taint[] {
  return (spec?.taints ?? [])
    .filter(({ effect }) => effects.includes(effect))
    .filter((taint) => !tolerations.some((toleration) => tolerates(toleration, taint)))
}

/** Whether a toleration is for a taint. */
export function tolerates({ key, operator = 'Equal', value = '', effect }: Toleration, taint: Taint): boolean {
  if (effect && effect !== taint.effect) return false
  if (key && key !== taint.key) return false
  return operator === 'Exists' || (key !== undefined && value === (taint.value ?? ''))
}
