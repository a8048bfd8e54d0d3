import type { KubeObject } from '@slipway/kube-objects'
import type { Pod } from '../../model/pod.ts'
import type { Service } from '../../model/service.ts'
import type { ClusterView } from '../cluster/cluster-state.ts'
import type { NodeInfo } from '../cluster/node-info.ts'
import type { PodInfo } from '../cluster/pod-info.ts'

/** What scores may ask of the cluster. */
export interface ScoreView extends ClusterView {
  /** That select it. */
  servicesOf(pod: Pod): Service[]
  owner(kind: string, namespace: string, name: string): KubeObject | undefined
}

/** How good each of these Nodes is for a pod, from 0 to 100; undefined: one is as good as the other. */
export type Score = (info: PodInfo, nodes: NodeInfo[], cluster: ScoreView) => number[] | undefined

export const MOST = 100

/** So that the largest becomes 100, or 0 where less is better (DefaultNormalizeScore). */
export function scaled(counts: number[], { isReversed = false } = {}): number[] {
  const most = Math.max(...counts)
  return counts.map((count) => {
    const score = most === 0 ? 0 : Math.floor((MOST * count) / most)
    return isReversed ? MOST - score : score
  })
}
