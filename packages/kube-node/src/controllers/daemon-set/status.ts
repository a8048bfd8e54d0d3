import type { Pod } from '../../model/pod.ts'
import { isReady, untilAvailable } from '../pods/pods.ts'
import type { DaemonSet } from './daemon-set.ts'
import { type DaemonState, isUpdated, isWanted } from './plan.ts'

/** On each Node the oldest pod counts (updateDaemonSetStatus). */
export function daemonSetStatus(set: DaemonSet, { nodes, pods, revision, now }: DaemonState): Record<string, unknown> {
  const { minReadySeconds = 0 } = set.spec
  const wanted = nodes.filter((node) => isWanted(set, node).run)
  const isIn = new Set(wanted)
  const firstOn = wanted.flatMap(({ metadata }) => pods.get(metadata.name)?.[0] ?? [])
  const count = (test: (pod: Pod) => boolean): number => firstOn.filter(test).length
  const available = count((pod) => untilAvailable(pod, minReadySeconds, now) === 0)
  return {
    currentNumberScheduled: firstOn.length,
    desiredNumberScheduled: wanted.length,
    numberMisscheduled: nodes.filter((node) => !isIn.has(node) && pods.has(node.metadata.name)).length,
    numberReady: count(isReady),
    numberAvailable: available,
    numberUnavailable: wanted.length - available,
    updatedNumberScheduled: count((pod) => isUpdated(pod, revision)),
    ...(set.metadata.generation !== undefined && { observedGeneration: set.metadata.generation }),
  }
}
