import { type Condition, labelRequirements, matchesLabels } from '@slipway/kube-objects'
import type { Pod } from '../../model/pod.ts'
import type { ReplicaSet } from '../../model/workloads.ts'
import { timestamp } from '../clock.ts'
import { isReady, untilAvailable } from '../pods/pods.ts'

const FAILURE = 'ReplicaFailure'

type Failure = Pick<Condition, 'reason' | 'message'>

/** The status of a set with these active pods. `failure` = why there are not as many as there should be; `now` in milliseconds. */
export function replicaSetStatus(
  set: ReplicaSet,
  active: Pod[],
  { failure, now }: { failure: Failure | undefined; now: number },
): Record<string, unknown> {
  const { minReadySeconds = 0, template } = set.spec
  const labels = labelRequirements({ matchLabels: template.metadata?.labels ?? {} })
  return {
    replicas: active.length,
    fullyLabeledReplicas: active.filter(({ metadata }) => matchesLabels(metadata.labels, labels)).length,
    readyReplicas: active.filter(isReady).length,
    availableReplicas: active.filter((pod) => untilAvailable(pod, minReadySeconds, now) === 0).length,
    ...(set.metadata.generation !== undefined && { observedGeneration: set.metadata.generation }),
    conditions: conditionsOf(set.status?.conditions ?? [], failure, now),
  }
}

function conditionsOf(before: Condition[], failure: Failure | undefined, now: number): Condition[] | null {
  const known = before.find(({ type }) => type === FAILURE)
  const others = before.filter(({ type }) => type !== FAILURE)
  if (failure === undefined) return others.length > 0 ? others : null
  const lastTransitionTime = known?.lastTransitionTime ?? timestamp(new Date(now))
  return [...others, { type: FAILURE, status: 'True', ...failure, lastTransitionTime }]
}
