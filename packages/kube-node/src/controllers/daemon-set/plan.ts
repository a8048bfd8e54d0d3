import type { NodeObject } from '../../model/node.ts'
import type { Pod } from '../../model/pod.ts'
import { selectsNode } from '../../scheduling/filters/node-affinity.ts'
import { untolerated } from '../../scheduling/filters/taints.ts'
import { isActive, isReady, untilAvailable } from '../pods/pods.ts'
import { type DaemonSet, REVISION_LABEL, withDaemonTolerations } from './daemon-set.ts'

export interface DaemonPlan {
  create: boolean
  remove: Pod[]
}

/** Whether a set's pod is wanted on the node, and whether one that is there may stay (NodeShouldRunDaemonPod). */
export function isWanted({ spec }: DaemonSet, node: NodeObject): { run: boolean; stay: boolean } {
  const pod = spec.template.spec
  const tolerations = withDaemonTolerations(pod.tolerations, pod.hostNetwork)
  const fits = (pod.nodeName ?? node.metadata.name) === node.metadata.name && selectsNode(pod, node)
  const refused = (effects: Parameters<typeof untolerated>[2]): boolean =>
    untolerated(tolerations, node, effects).length > 0
  return { run: fits && !refused(['NoSchedule', 'NoExecute']), stay: fits && !refused(['NoExecute']) }
}

/**
 * One pod of the present template on the node; with a surge it comes before the old one goes. Of those that have failed none
 * is replaced while `holdsFailed`. `now` in milliseconds.
 */
export function planDaemonSet(
  set: DaemonSet,
  owned: Pod[],
  { node, revision, now, holdsFailed }: { node: NodeObject; revision: string; now: number; holdsFailed: boolean },
): DaemonPlan {
  const { updateStrategy, minReadySeconds = 0 } = set.spec
  const wanted = isWanted(set, node)
  const present = owned.filter((pod) => !pod.metadata.deletionTimestamp)
  if (!wanted.stay) return { create: false, remove: present }
  const active = present.filter(isActive)
  const ended = present.filter((pod) => !isActive(pod) && !(holdsFailed && isFailed(pod)))
  const isCurrent = (pod: Pod): boolean =>
    updateStrategy?.type === 'OnDelete' || pod.metadata.labels?.[REVISION_LABEL] === revision
  const [current, ...doubles] = active.filter(isCurrent)
  const old = active.filter((pod) => !isCurrent(pod))
  const surges = Number.parseInt(String(updateStrategy?.rollingUpdate?.maxSurge ?? 0), 10) > 0
  if (current) {
    const isReplaced = (pod: Pod): boolean =>
      !surges || !isReady(pod) || untilAvailable(current, minReadySeconds, now) === 0
    return { create: false, remove: [...ended, ...doubles, ...old.filter(isReplaced)] }
  }
  if (!wanted.run) return { create: false, remove: ended }
  if (surges) return { create: true, remove: ended }
  // One at a time: the new pod may need the old one's ports.
  return { create: owned.length === 0, remove: [...ended, ...old] }
}

export const isFailed = ({ status }: Pod): boolean => status?.phase === 'Failed'
