import type { Informer } from '@slipway/kube-client'
import { hasEnded, type Pod } from '../model/pod.ts'
import { priorityOf } from './preemption.ts'

/** The pods that take room on a node, also those whose binding the watch has not brought yet. */
export class Occupancy {
  readonly #pods: Informer<Pod>
  readonly #nodeName: string
  readonly #assumed = new Set<string>()

  constructor(pods: Informer<Pod>, nodeName: string) {
    this.#pods = pods
    this.#nodeName = nodeName
  }

  /** Those that are on the node and have not ended. */
  list(): Pod[] {
    const present = new Set<string>()
    const occupants = this.#pods.list().filter((pod) => {
      const { uid = '' } = pod.metadata
      if (!pod.spec.nodeName) present.add(uid)
      const isThere = pod.spec.nodeName === this.#nodeName || (!pod.spec.nodeName && this.#assumed.has(uid))
      return isThere && !hasEnded(pod)
    })
    for (const uid of this.#assumed) if (!present.has(uid)) this.#assumed.delete(uid)
    return occupants
  }

  /** Those for which room is being made on the node, and that go before this one. */
  nominatedBefore(pod: Pod): Pod[] {
    return this.#pods
      .list()
      .filter(
        (other) =>
          other.status?.nominatedNodeName === this.#nodeName &&
          !other.spec.nodeName &&
          !other.metadata.deletionTimestamp &&
          other.metadata.uid !== pod.metadata.uid &&
          priorityOf(other) >= priorityOf(pod),
      )
  }

  /** Whether a pod is counted though the watch has not brought its binding yet. */
  isAssumed({ metadata }: Pod): boolean {
    return this.#assumed.has(metadata.uid ?? '')
  }

  /** Counts a pod before it is bound. */
  assume({ metadata }: Pod): void {
    this.#assumed.add(metadata.uid ?? '')
  }

  /** It could not be bound after all. */
  forget({ metadata }: Pod): void {
    this.#assumed.delete(metadata.uid ?? '')
  }
}
