import type { Reconciler } from '@slipway/controller-runtime'
import { canonicalJson, randomSuffix } from '../canonical.ts'
import { selects } from '../labels.ts'
import type { Pod } from '../model/pod.ts'
import type { ReplicaSet } from '../model/workloads.ts'
import type { PodWriter } from './pod-writer.ts'
import { deletionOrder, isActive, isReady, podFromTemplate, untilAvailable } from './pods.ts'

/** Keeps as many pods of the template as the replica set asks for. */
export function replicaSetReconciler(pods: PodWriter): Reconciler<ReplicaSet> {
  return {
    async reconcile(set, context) {
      const active = pods.ownedBy(set).filter(isActive)
      const wanted = set.spec.replicas ?? 1
      if (!set.metadata.deletionTimestamp) {
        const missing = Array.from({ length: Math.max(0, wanted - active.length) }, () =>
          podFromTemplate(set, set.spec.template, `${set.metadata.name}-${randomSuffix()}`),
        )
        await Promise.all(missing.map((pod) => pods.create(pod, context)))
        const surplus = deletionOrder(active).slice(0, Math.max(0, active.length - wanted))
        await Promise.all(surplus.map((pod) => pods.delete(pod, context)))
      }
      const current = pods.ownedBy(set).filter(isActive)
      const status = replicaSetStatus(set, current, Date.now())
      if (canonicalJson({ ...set.status, ...status }) !== canonicalJson(set.status)) await context.patchStatus(status)
      const recheckAfter = nextAvailability(current, set.spec.minReadySeconds ?? 0)
      return { kind: 'ready', reason: 'Synced', message: '', ...(recheckAfter !== undefined && { recheckAfter }) }
    },
  }
}

/** status of a replica set with these active pods; `now` in milliseconds. */
export function replicaSetStatus(set: ReplicaSet, active: Pod[], now: number): Record<string, unknown> {
  const minReady = set.spec.minReadySeconds ?? 0
  return {
    replicas: active.length,
    fullyLabeledReplicas: active.filter((pod) =>
      selects({ matchLabels: set.spec.template.metadata?.labels ?? {} }, pod.metadata.labels),
    ).length,
    readyReplicas: active.filter(isReady).length,
    availableReplicas: active.filter((pod) => untilAvailable(pod, minReady, now) === 0).length,
    ...(set.metadata.generation !== undefined && { observedGeneration: set.metadata.generation }),
  }
}

/** Milliseconds until the next ready pod counts as available; undefined when none is about to. */
export function nextAvailability(pods: Pod[], minReadySeconds: number): number | undefined {
  const waits = pods.map((pod) => untilAvailable(pod, minReadySeconds, Date.now())).filter((wait) => wait > 0)
  const next = Math.min(...waits)
  return Number.isFinite(next) ? next : undefined
}
