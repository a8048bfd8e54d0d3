import type { NodeInfo } from '../cluster/node-info.ts'
import { means, type PodInfo, type Term } from '../cluster/pod-info.ts'
import { MOST, type Score, type ScoreView } from './score.ts'

/** What a required affinity of others for this pod weighs, besides that it has brought them here (hardPodAffinityWeight). */
const HARD_WEIGHT = 1

/** Points by the key of a topology and its value. */
type Points = Map<string, Map<string, number>>

/** Pods are there that the pod likes or that like it, and none that it or they dislike (InterPodAffinity). */
export const likedPods: Score = (info, nodes, cluster) => {
  const points: Points = new Map()
  for (const node of cluster.nodes()) {
    countOwnTerms(points, { info, node, cluster })
    countTermsOfOthers(points, { info, node, cluster })
  }
  if (points.size === 0) return undefined
  const pointsFor = ({ labels }: NodeInfo, [key, values]: [string, Map<string, number>]): number => {
    const value = labels[key]
    return value === undefined ? 0 : (values.get(value) ?? 0)
  }
  const sums = nodes.map((node) => [...points].reduce((sum, entry) => sum + pointsFor(node, entry), 0))
  const [least, most] = [Math.min(...sums), Math.max(...sums)]
  return sums.map((sum) => (most === least ? 0 : Math.trunc((MOST * (sum - least)) / (most - least))))
}

interface Encounter {
  info: PodInfo
  node: NodeInfo
  cluster: ScoreView
}

function countOwnTerms(points: Points, { info: { affinity, antiAffinity }, node, cluster }: Encounter): void {
  if (affinity.preferred.length + antiAffinity.preferred.length === 0) return
  for (const group of node.groups) {
    const count = (term: Term, weight: number): void => {
      if (means(term, group, cluster.namespaceLabels)) give(points, node, term, weight * group.all)
    }
    for (const term of affinity.preferred) count(term, term.weight)
    for (const term of antiAffinity.preferred) count(term, -term.weight)
  }
}

function countTermsOfOthers(points: Points, { info, node, cluster }: Encounter): void {
  for (const { affinity, antiAffinity } of node.withAffinity) {
    const count = (term: Term, weight: number): void => {
      if (means(term, info.like, cluster.namespaceLabels)) give(points, node, term, weight)
    }
    for (const term of affinity.required) count(term, HARD_WEIGHT)
    for (const term of affinity.preferred) count(term, term.weight)
    for (const term of antiAffinity.preferred) count(term, -term.weight)
  }
}

function give(points: Points, { labels }: NodeInfo, { topologyKey }: Term, weight: number): void {
  const value = labels[topologyKey]
  if (value === undefined) return
  const values = points.get(topologyKey) ?? new Map<string, number>()
  points.set(topologyKey, values.set(value, (values.get(value) ?? 0) + weight))
}
