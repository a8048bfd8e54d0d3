import type { KubeObject } from '@slipway/kube-objects'
import { ownerReference } from '../../labels.ts'
import { hasEnded, type Pod, type PodTemplate } from '../../model/pod.ts'

/** Whether the pod may still do something: neither ended nor being deleted. */
export const isActive = (pod: Pod): boolean => !pod.metadata.deletionTimestamp && !hasEnded(pod)

/** Whether the pod's Ready condition is true. */
export function isReady(pod: Pod): boolean {
  return readyCondition(pod)?.status === 'True'
}

/** Milliseconds until the pod has been ready for `minReadySeconds`; 0 when it has; Infinity while it is not ready. */
export function untilAvailable(pod: Pod, minReadySeconds: number, now: number): number {
  const condition = readyCondition(pod)
  if (condition?.status !== 'True') return Number.POSITIVE_INFINITY
  if (minReadySeconds === 0) return 0
  return Math.max(0, Date.parse(condition.lastTransitionTime ?? '') + minReadySeconds * 1000 - now)
}

/** Milliseconds until the next ready pod counts as available; undefined when none is about to. */
export function nextAvailability(pods: Pod[], minReadySeconds: number): number | undefined {
  const waits = pods.map((pod) => untilAvailable(pod, minReadySeconds, Date.now())).filter((wait) => wait > 0)
  const next = Math.min(...waits)
  return Number.isFinite(next) ? next : undefined
}

/** Since when the pod is ready; undefined when it is not. */
export function readySince(pod: Pod): string | undefined {
  const condition = readyCondition(pod)
  return condition?.status === 'True' ? (condition.lastTransitionTime ?? undefined) : undefined
}

function readyCondition(pod: Pod): { status: string; lastTransitionTime: string | null } | undefined {
  return pod.status?.conditions?.find(({ type }) => type === 'Ready')
}

/** The pod that an owner makes of its template. */
export function podFromTemplate(owner: KubeObject, template: PodTemplate, name: string): Pod {
  const { labels, annotations, finalizers } = template.metadata ?? {}
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name,
      generateName: `${owner.metadata.name}-`,
      ...(owner.metadata.namespace && { namespace: owner.metadata.namespace }),
      ...(labels && { labels }),
      ...(annotations && { annotations }),
      ...(finalizers && { finalizers }),
      ownerReferences: [ownerReference(owner)],
    },
    spec: template.spec,
  }
}
