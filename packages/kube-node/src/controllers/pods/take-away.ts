import { isApiError, type KubeClient } from '@slipway/kube-client'
import { PODS } from '../../model/kinds.ts'
import type { Pod } from '../../model/pod.ts'
import type { PodCondition, PodStatus } from '../../model/pod-status.ts'
import { timestamp } from '../clock.ts'

export interface Departure {
  /** Who has the pod go. */
  manager: string
  /** What its status says first; conditions are merged by their type. @default nothing */
  status?: Partial<PodStatus>
  /** Without asking its node. @default false */
  isForced?: boolean
}

/** Has a pod go. False when it has gone by itself, or another one has its name by now. */
export async function takeAway(client: KubeClient, pod: Pod, departure: Departure): Promise<boolean> {
  const { manager, status, isForced = false } = departure
  const { name, namespace = 'default', uid } = pod.metadata
  const ref = { ...PODS, name, namespace }
  try {
    if (status) {
      const patch = { metadata: { uid }, status }
      await client.patch(ref, 'strategic', patch, { subresource: 'status', fieldManager: manager })
    }
    const preconditions = uid ? { preconditions: { uid } } : {}
    return await client.delete(ref, { ...preconditions, ...(isForced && { gracePeriodSeconds: 0 }) })
  } catch (error) {
    const isGone = (['KUBE_NOT_FOUND', 'KUBE_INVALID', 'KUBE_CONFLICT'] as const).some((code) =>
      isApiError(error, code),
    )
    if (isGone) return false
    throw error
  }
}

/** Why a pod that did nothing wrong has to go (KEP-3329). */
export function disruptionTarget({ metadata: { generation } }: Pod, reason: string, message: string): PodCondition {
  const lastTransitionTime = timestamp()
  return {
    ...{ type: 'DisruptionTarget', status: 'True', reason, message, lastProbeTime: null, lastTransitionTime },
    ...(generation !== undefined && { observedGeneration: generation }),
  }
}
