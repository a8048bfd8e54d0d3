import type { KubeObject } from '@slipway/kube-objects'
import type { Spec } from '../defaults/spec.ts'
import { forbiddenField } from '../validation/field-errors.ts'
import {
  appArmorContradictions,
  podAnnotationChangeErrors,
  podAnnotationErrors,
} from '../validation/pod-annotations.ts'
import { copyAppArmor } from './app-armor.ts'
import { applyLabelKeys } from './label-keys.ts'
import { isMirror, ofStaticPods, podChangeErrors } from './pod-changes.ts'
import { qosClass } from './pod-qos.ts'
import { restore } from './restore.ts'
import type { Strategy } from './strategy.ts'

/** Pods: first status, what admission adds, which fields may change, and time to stop. */
export const podStrategy: Strategy = {
  hasGeneration: true,
  returnsDeleted: true,
  // Old kubelets spoil the owners.
  statusMetadata: ['labels', 'annotations', 'finalizers'],
  prepareCreate(pod, { now, warn }) {
    const spec = pod.spec as Spec
    applyLabelKeys(pod)
    copyAppArmor(pod, warn)
    readTimeToStop(spec)
    pod.status = { phase: 'Pending', qosClass: qosClass(spec), ...(spec.schedulingGates?.length && gated(now)) }
  },
  validateNew: ({ metadata, spec }) => [
    ...podAnnotationErrors(metadata.annotations, spec ?? {}, 'metadata.annotations'),
    ...appArmorContradictions({ apiVersion: 'v1', kind: 'Pod', metadata, spec }),
    ...(spec?.resourceClaims?.length && isMirror({ metadata }) ? [ofStaticPods('do not support resource claims')] : []),
    ...(spec?.ephemeralContainers?.length
      ? [forbiddenField('spec.ephemeralContainers', 'cannot be set on create')]
      : []),
    ...(spec?.nodeName && spec.schedulingGates?.length
      ? [forbiddenField('spec.nodeName', 'cannot be set until all schedulingGates have been cleared')]
      : []),
  ],
  prepareUpdate(next, current, { subresource }) {
    keepOwnPart(next, current, subresource)
    readTimeToStop(next.spec as Spec)
    if (current.status?.qosClass)
      next.status = { ...next.status, qosClass: next.status?.qosClass ?? current.status.qosClass }
  },
  validateUpdate: (next, current, { subresource }) => [
    ...podAnnotationChangeErrors(next.metadata.annotations, current.metadata.annotations),
    ...podAnnotationErrors(next.metadata.annotations, next.spec ?? {}, 'metadata.annotations'),
    ...podChangeErrors(next, current, subresource),
  ],
  gracePeriod(pod, requested) {
    const asked: number = requested ?? pod.spec?.terminationGracePeriodSeconds ?? 30
    // A negative period is one second, as Kubernetes has it.
    const seconds = asked < 0 ? 1 : asked
    // Nothing runs that would need time: not on a node yet, or over.
    const over = ['Failed', 'Succeeded'].includes(pod.status?.phase)
    return !pod.spec?.nodeName || over ? 0 : seconds
  },
}

/** Of pods, and not of their templates, the API takes any negative time as one second (Convert_v1_Pod_To_core_Pod). */
function readTimeToStop(spec: Spec): void {
  if (spec.terminationGracePeriodSeconds < 0) spec.terminationGracePeriodSeconds = 1
}

/** What is said of a pod that may not be scheduled yet (applySchedulingGatedCondition). */
const gated = (now: string): Spec => ({
  conditions: [
    {
      type: 'PodScheduled',
      status: 'False',
      reason: 'SchedulingGated',
      message: 'Scheduling is blocked due to non-empty scheduling gates',
      lastProbeTime: null,
      lastTransitionTime: now,
    },
  ],
})

/** What a subresource writes of a pod; everything else stays as it is. */
function keepOwnPart(next: KubeObject, current: KubeObject, subresource: string | undefined): void {
  if (subresource === 'ephemeralcontainers') {
    next.spec = { ...current.spec, ephemeralContainers: next.spec?.ephemeralContainers }
  } else if (subresource === 'resize') next.spec = { ...current.spec, ...resized(next.spec ?? {}, current.spec) }
  else return
  restore(next.metadata, current.metadata, ['labels', 'annotations', 'finalizers', 'ownerReferences'])
}

/** The containers with the new resources, or, when they are not the same containers, for validation to refuse. */
function resized(next: Spec, current: Spec): Spec {
  const merge = (field: string) => {
    const [after, before]: Spec[][] = [next[field] ?? [], current[field] ?? []]
    if (!after || !before || after.length !== before.length) return after
    if (before.some(({ name }, index) => name !== after[index]?.name)) return after
    return before.map((one, index) => {
      const { resources, resizePolicy } = after[index] as Spec
      return { ...one, resources: resources ?? {}, ...(resizePolicy && { resizePolicy }) }
    })
  }
  return { containers: merge('containers'), ...(current.initContainers && { initContainers: merge('initContainers') }) }
}
