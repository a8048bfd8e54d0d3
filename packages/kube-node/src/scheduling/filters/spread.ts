import { matchesLabels } from '@slipway/kube-objects'
import type { ClusterView } from '../cluster/cluster-state.ts'
import type { NodeInfo } from '../cluster/node-info.ts'
import { namespaceOf, type PodInfo } from '../cluster/pod-info.ts'
import { never, others, type Rule } from './rule.ts'
import { countOn, hasKeys, ownSpreads, type Spread } from './spread-constraints.ts'

/** That the pod does not make one domain of a topology fuller than its constraints allow (PodTopologySpread). */
export function spreadRule(info: PodInfo, cluster: ClusterView): Rule | undefined {
  const spreads = ownSpreads(info.pod, 'DoNotSchedule')
  if (spreads.length === 0) return undefined
  const domains = spreads.map(() => new Map<string, number>())
  for (const node of cluster.nodes()) {
    if (!hasKeys(node, spreads)) continue
    for (const [index, spread] of spreads.entries()) {
      if (spread.counts(node.object)) count(domains[index], node, spread, countOn(node, info.pod, spread))
    }
  }
  return new SpreadRule(info, spreads, domains)
}

type Domains = Map<string, number>

class SpreadRule implements Rule {
  readonly #info: PodInfo
  readonly #spreads: Spread[]
  readonly #domains: Domains[]
  #fewest: number[] | undefined

  constructor(info: PodInfo, spreads: Spread[], domains: Domains[]) {
    this.#info = info
    this.#spreads = spreads
    this.#domains = domains
  }

  check(node: NodeInfo) {
    this.#fewest ??= this.#spreads.map(fewestIn(this.#domains))
    for (const [index, { topologyKey, maxSkew, requirements }] of this.#spreads.entries()) {
      const domain = node.labels[topologyKey]
      if (domain === undefined) return never(`${MISMATCH} (missing required label)`)
      const self = requirements && matchesLabels(this.#info.pod.metadata.labels, requirements) ? 1 : 0
      const skew = (this.#domains[index]?.get(domain) ?? 0) + self - (this.#fewest[index] ?? 0)
      if (skew > maxSkew) return others(MISMATCH)
    }
    return undefined
  }

  move({ pod }: PodInfo, node: NodeInfo, by: 1 | -1): void {
    if (namespaceOf(pod) !== namespaceOf(this.#info.pod) || !hasKeys(node, this.#spreads)) return
    this.#fewest = undefined
    for (const [index, spread] of this.#spreads.entries()) {
      const isMeant = spread.requirements && matchesLabels(pod.metadata.labels, spread.requirements)
      if (isMeant && spread.counts(node.object)) count(this.#domains[index], node, spread, by)
    }
  }

  copy(): Rule {
    return new SpreadRule(
      this.#info,
      this.#spreads,
      this.#domains.map((domains) => new Map(domains)),
    )
  }
}

const MISMATCH = "node(s) didn't match pod topology spread constraints"

function count(domains: Domains | undefined, node: NodeInfo, { topologyKey }: Spread, by: number): void {
  const domain = node.labels[topologyKey] ?? ''
  domains?.set(domain, (domains.get(domain) ?? 0) + by)
}

/** Where there are fewer domains than there should be, one is missing in which there is none (KEP-3022). */
const fewestIn =
  (domains: Domains[]) =>
  ({ minDomains }: Spread, index: number): number => {
    const counts = [...(domains[index]?.values() ?? [])]
    return counts.length < minDomains ? 0 : Math.min(...counts)
  }
