import type { NodeInfo } from '../cluster/node-info.ts'
import type { PodInfo } from '../cluster/pod-info.ts'
import { balancedAllocation, leastAllocated } from './allocation.ts'
import { imageLocality } from './image-locality.ts'
import { likedPods } from './pod-affinity.ts'
import { fewTaints, preferredNodes } from './preferences.ts'
import type { Score, ScoreView } from './score.ts'
import { spreadEvenly } from './spread.ts'

/** With the weights of kube-scheduler's default profile. */
const WEIGHTS: [score: Score, weight: number][] = [
  [fewTaints, 3],
  [preferredNodes, 2],
  [leastAllocated, 1],
  [spreadEvenly, 2],
  [likedPods, 2],
  [balancedAllocation, 1],
  [imageLocality, 1],
]

/** What each of these Nodes comes to. */
export function totals(info: PodInfo, nodes: NodeInfo[], cluster: ScoreView): number[] {
  const sums = nodes.map(() => 0)
  for (const [score, weight] of WEIGHTS) {
    for (const [index, points] of (score(info, nodes, cluster) ?? []).entries()) {
      sums[index] = (sums[index] ?? 0) + points * weight
    }
  }
  return sums
}

/** Chooses the best Node. Equals have their turns, where kube-scheduler draws lots: the same pods in the same order go the same ways. */
export function chooser(cluster: ScoreView): (info: PodInfo, nodes: NodeInfo[]) => NodeInfo | undefined {
  let turn = 0
  return (info, nodes) => {
    const sums = totals(info, nodes, cluster)
    const most = Math.max(...sums)
    const best = nodes.filter((_node, index) => sums[index] === most)
    return best.length === 1 ? best[0] : best[turn++ % best.length]
  }
}
