import type { NodeInfo } from '../cluster/node-info.ts'
import type { PodInfo } from '../cluster/pod-info.ts'
import { countOn, hasKeys, ownSpreads, type Spread } from '../filters/spread-constraints.ts'
import { defaultSpreads } from './default-spread.ts'
import { MOST, type Score } from './score.ts'

const HOSTNAME = 'kubernetes.io/hostname'

/** Few like the pod are in the Node's domains (PodTopologySpread). */
export const spreadEvenly: Score = (info, nodes, cluster) => {
  const isOwn = (info.pod.spec.topologySpreadConstraints ?? []).length > 0
  const spreads = isOwn ? ownSpreads(info.pod, 'ScheduleAnyway') : defaultSpreads(info.pod, cluster)
  if (spreads.length === 0) return undefined
  // A Node without a zone can still be one of several hosts.
  const isMeasured = (node: NodeInfo): boolean => !isOwn || hasKeys(node, spreads)
  const measured = nodes.filter(isMeasured)
  const measures = spreads.map((spread) =>
    measureOf(info, spread, { measured, all: cluster.nodes().filter(isMeasured) }),
  )
  const fullness = measured.map((node) => Math.round(measures.reduce((sum, measure) => sum + measure(node), 0)))
  const [least, most] = [Math.min(...fullness), Math.max(...fullness)]
  const scores = new Map(
    measured.map((node, index) => [
      node,
      most === 0 ? MOST : Math.floor((MOST * (most + least - (fullness[index] ?? 0))) / most),
    ]),
  )
  return nodes.map((node) => scores.get(node) ?? 0)
}

/**
 * How full a Node's domain is. What there are few domains of counts for less, as many pods come together in each; a large `maxSkew` lets
 * differences count for less.
 */
function measureOf(
  { pod }: PodInfo,
  spread: Spread,
  { measured, all }: { measured: NodeInfo[]; all: NodeInfo[] },
): (node: NodeInfo) => number {
  const { topologyKey, maxSkew } = spread
  const domains = new Map(measured.map(({ labels }) => [labels[topologyKey] ?? '', 0]))
  const isHost = topologyKey === HOSTNAME
  if (!isHost) {
    for (const node of all) {
      const domain = node.labels[topologyKey] ?? ''
      const count = domains.get(domain)
      if (count !== undefined && spread.counts(node.object)) domains.set(domain, count + countOn(node, pod, spread))
    }
  }
  const weight = Math.log((isHost ? measured.length : domains.size) + 2)
  return (node) => {
    const domain = node.labels[topologyKey]
    if (domain === undefined) return 0
    const count = isHost ? countOn(node, pod, spread) : (domains.get(domain) ?? 0)
    return count * weight + maxSkew - 1
  }
}
