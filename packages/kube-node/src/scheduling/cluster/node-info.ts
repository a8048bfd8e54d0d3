import type { NodeObject } from '../../model/node.ts'
import { type Amounts, add, amountsOf } from '../filters/resources.ts'
import type { Labelled, PodInfo } from './pod-info.ts'

/** How many pods of one namespace with the same labels there are on a Node. */
export interface PodGroup extends Labelled {
  all: number
  /** Of them, those that are not being deleted. */
  staying: number
}

/** A Node with the pods on it, and what they come to: kept up to date pod by pod, as summing them up for each decision takes too long. */
export class NodeInfo {
  readonly object: NodeObject
  readonly allocatable: Amounts
  readonly images: Map<string, number>
  /** By their ids. */
  readonly pods = new Map<string, PodInfo>()
  readonly held: Amounts = new Map()
  readonly presumed: Amounts = new Map()
  /** Those that have a say in who else may be here. */
  readonly withAntiAffinity = new Set<PodInfo>()
  /** Those that like or dislike others. */
  readonly withAffinity = new Set<PodInfo>()
  readonly #groups = new Map<string, PodGroup>()

  constructor(object: NodeObject, pods: Iterable<PodInfo> = []) {
    this.object = object
    this.allocatable = amountsOf(object.status?.allocatable)
    this.images = new Map(
      (object.status?.images ?? []).flatMap(({ names = [], sizeBytes = 0 }) => names.map((name) => [name, sizeBytes])),
    )
    for (const info of pods) this.add(info)
  }

  get name(): string {
    return this.object.metadata.name
  }

  get labels(): Record<string, string> {
    return this.object.metadata.labels ?? {}
  }

  get groups(): Iterable<PodGroup> {
    return this.#groups.values()
  }

  copy(): NodeInfo {
    return new NodeInfo(this.object, this.pods.values())
  }

  add(info: PodInfo): void {
    this.pods.set(info.id, info)
    this.#count(info, 1)
    const { affinity, antiAffinity } = info
    if (antiAffinity.required.length > 0) this.withAntiAffinity.add(info)
    const terms = [affinity.required, affinity.preferred, antiAffinity.preferred]
    if (terms.some((list) => list.length > 0)) this.withAffinity.add(info)
  }

  remove(info: PodInfo): void {
    this.pods.delete(info.id)
    this.#count(info, -1)
    this.withAntiAffinity.delete(info)
    this.withAffinity.delete(info)
  }

  #count({ pod, like, kin, holding, presumed }: PodInfo, by: 1 | -1): void {
    add(this.held, holding, by === 1 ? 1n : -1n)
    add(this.presumed, presumed, by === 1 ? 1n : -1n)
    const { all = 0, staying = 0 } = this.#groups.get(kin) ?? {}
    if (all + by === 0) this.#groups.delete(kin)
    else this.#groups.set(kin, { ...like, all: all + by, staying: staying + (pod.metadata.deletionTimestamp ? 0 : by) })
  }
}
