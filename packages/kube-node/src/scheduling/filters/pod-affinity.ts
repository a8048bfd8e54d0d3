import type { ClusterView } from '../cluster/cluster-state.ts'
import type { NodeInfo } from '../cluster/node-info.ts'
import { type Labelled, means, type NamespaceLabels, type PodInfo, type Term } from '../cluster/pod-info.ts'
import { never, others, type Rule } from './rule.ts'

/** That the pod is beside those with which it has to be, and beside none that one of the two does not want (InterPodAffinity). */
export function podAffinityRule(info: PodInfo, cluster: ClusterView): Rule | undefined {
  const rule = new PodAffinityRule(info, cluster.namespaceLabels)
  for (const node of cluster.nodes()) {
    for (const other of node.withAntiAffinity) rule.countUnwanted(other, node, 1)
    if (rule.hasTerms) for (const group of node.groups) rule.countOthers(group, node, group.all)
  }
  return rule.isIdle ? undefined : rule
}

/** How many pods matter in each domain of a topology. */
type Domains = Map<string, number>

class PodAffinityRule implements Rule {
  readonly #info: PodInfo
  readonly #namespaceLabels: NamespaceLabels
  /** Of pods that do not want this one. */
  readonly #unwanted: Domains
  /** Of pods that this one wants to be with: those that all of its terms mean. */
  readonly #wanted: Domains
  /** Of pods that this one does not want. */
  readonly #avoided: Domains

  constructor(info: PodInfo, namespaceLabels: NamespaceLabels, [unwanted, wanted, avoided]: Domains[] = []) {
    this.#info = info
    this.#namespaceLabels = namespaceLabels
    this.#unwanted = new Map(unwanted)
    this.#wanted = new Map(wanted)
    this.#avoided = new Map(avoided)
  }

  get hasTerms(): boolean {
    return this.#info.affinity.required.length + this.#info.antiAffinity.required.length > 0
  }

  get isIdle(): boolean {
    return !this.hasTerms && this.#unwanted.size === 0
  }

  check(node: NodeInfo) {
    const { affinity, antiAffinity } = this.#info
    if (!this.#isWithOthers(node, affinity.required)) return never("node(s) didn't match pod affinity rules")
    if (antiAffinity.required.some(({ topologyKey }) => has(this.#avoided, node, topologyKey))) {
      return others("node(s) didn't match pod anti-affinity rules")
    }
    const isUnwanted = this.#unwanted.size > 0 && Object.keys(node.labels).some((key) => has(this.#unwanted, node, key))
    return isUnwanted ? others("node(s) didn't satisfy existing pods anti-affinity rules") : undefined
  }

  move(other: PodInfo, node: NodeInfo, by: 1 | -1): void {
    this.countUnwanted(other, node, by)
    this.countOthers(other.like, node, by)
  }

  copy(): Rule {
    return new PodAffinityRule(this.#info, this.#namespaceLabels, [this.#unwanted, this.#wanted, this.#avoided])
  }

  countUnwanted({ antiAffinity }: PodInfo, node: NodeInfo, by: number): void {
    for (const term of antiAffinity.required) {
      if (means(term, this.#info.like, this.#namespaceLabels)) count(this.#unwanted, node, term, by)
    }
  }

  countOthers(group: Labelled, node: NodeInfo, by: number): void {
    const { affinity, antiAffinity } = this.#info
    if (this.#meansAll(affinity.required, group)) {
      for (const term of affinity.required) count(this.#wanted, node, term, by)
    }
    for (const term of antiAffinity.required) {
      if (means(term, group, this.#namespaceLabels)) count(this.#avoided, node, term, by)
    }
  }

  /** The first of a group that wants to be together may go anywhere where there are the labels. */
  #isWithOthers(node: NodeInfo, terms: Term[]): boolean {
    if (!terms.every(({ topologyKey }) => node.labels[topologyKey] !== undefined)) return false
    if (terms.every(({ topologyKey }) => has(this.#wanted, node, topologyKey))) return true
    return this.#wanted.size === 0 && this.#meansAll(terms, this.#info.like)
  }

  #meansAll(terms: Term[], group: Labelled): boolean {
    return terms.length > 0 && terms.every((term) => means(term, group, this.#namespaceLabels))
  }
}

const domainOf = (key: string, value: string): string => `${key}=${value}`

function has(domains: Domains, { labels }: NodeInfo, key: string): boolean {
  const value = labels[key]
  return value !== undefined && (domains.get(domainOf(key, value)) ?? 0) > 0
}

function count(domains: Domains, { labels }: NodeInfo, { topologyKey }: Term, by: number): void {
  const value = labels[topologyKey]
  if (value === undefined) return
  const domain = domainOf(topologyKey, value)
  const left = (domains.get(domain) ?? 0) + by
  if (left === 0) domains.delete(domain)
  else domains.set(domain, left)
}
