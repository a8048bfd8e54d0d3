import type { Pod } from '../../model/pod.ts'
import { isReady, untilAvailable } from '../pods/pods.ts'
import { revisionOf, type StatefulSet } from './stateful-set.ts'

export interface Revisions {
  /** Names of the revisions that pods are of, and are to be of. */
  current: string
  update: string
}

/** The status of a set with these pods; when all are of the new template, that is the current one. `now` in milliseconds. */
export function statefulSetStatus(
  set: StatefulSet,
  owned: Pod[],
  { current, update }: Revisions,
  now: number,
): Record<string, unknown> {
  const { replicas = 1, minReadySeconds = 0, updateStrategy } = set.spec
  const ready = owned.filter((pod) => pod.status?.phase === 'Running' && isReady(pod))
  const staying = owned.filter(({ metadata }) => !metadata.deletionTimestamp)
  const of = (revision: string): number => staying.filter((pod) => revisionOf(pod) === revision).length
  const updated = of(update)
  const isRolled = [updated, ready.length, owned.length].every((count) => count === replicas)
  const isComplete = isRolled && updateStrategy?.type !== 'OnDelete'
  return {
    replicas: owned.length,
    readyReplicas: ready.length,
    availableReplicas: ready.filter((pod) => untilAvailable(pod, minReadySeconds, now) === 0).length,
    currentReplicas: isComplete ? updated : of(current),
    updatedReplicas: updated,
    currentRevision: isComplete ? update : current,
    updateRevision: update,
    collisionCount: set.status?.collisionCount ?? 0,
    ...(set.metadata.generation !== undefined && { observedGeneration: set.metadata.generation }),
  }
}
