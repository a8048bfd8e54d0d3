import type { Pod } from '../../model/pod.ts'
import { meetsTerm } from '../filters/node-affinity.ts'
import { untolerated } from '../filters/taints.ts'
import { type Score, scaled } from './score.ts'

/** The Node has few taints that ask the pod to go elsewhere (TaintToleration). */
export const fewTaints: Score = ({ pod }, nodes) =>
  scaled(
    nodes.map(({ object }) => untolerated(pod.spec.tolerations, object, ['PreferNoSchedule']).length),
    { isReversed: true },
  )

/** The Node is as the pod would like it (NodeAffinity). */
export const preferredNodes: Score = ({ pod }, nodes) => {
  const terms = preferredTerms(pod)
  if (terms.length === 0) return undefined
  const weightOf = (node: (typeof nodes)[number]): number =>
    terms.reduce((sum, { weight, preference }) => sum + (meetsTerm(preference, node.object) ? weight : 0), 0)
  return scaled(nodes.map(weightOf))
}

const preferredTerms = ({ spec }: Pod) =>
  spec.affinity?.nodeAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? []
