import type { KubeObject } from '@slipway/kube-objects'
import { timestamp } from '../storage/timestamp.ts'

/** Sets a condition of a pod to True, in the place of what was said of it before. */
export function withCondition(pod: KubeObject, more: { type: string; reason?: string; message?: string }): KubeObject {
  const condition = { status: 'True', lastProbeTime: null, lastTransitionTime: timestamp(new Date()), ...more }
  const others = (pod.status?.conditions ?? []).filter(({ type }: { type: string }) => type !== more.type)
  pod.status = { ...pod.status, conditions: [...others, condition] }
  return pod
}
