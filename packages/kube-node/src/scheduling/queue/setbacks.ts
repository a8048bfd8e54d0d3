import type { ObjectKey } from '@slipway/kube-objects'
import type { Pod } from '../../model/pod.ts'
import { claimNameOf } from '../../model/storage.ts'
import { idOf, type PodInfo } from '../cluster/pod-info.ts'
import { type Knowledge, type Setback, wouldFit } from '../decision.ts'
import type { Changes } from './changes.ts'

/** A pod that found no place, and when. */
interface Refusal {
  key: ObjectKey
  /** What the pod was then. */
  pod: string
  /** By the numbers of {@link Changes}. */
  time: number
  looksAround: boolean
  attempts: number
  /** Milliseconds. */
  at: number
}

/** Milliseconds before a pod is tried again on suspicion, twice as long each time (kube-scheduler begins with a second). */
const FIRST_PAUSE = 100
const LAST_PAUSE = 10_000
/** Milliseconds after which it is tried whatever happened (podMaxInUnschedulablePodsDuration). */
export const LONGEST_PAUSE = 300_000

/** Pods that found no place, and whether it is any use to try again: a try costs a look at all Nodes, and says something to somebody. */
export class Setbacks {
  readonly #refusals = new Map<string, Refusal>()
  readonly #changes: Changes

  constructor(changes: Changes) {
    this.#changes = changes
  }

  /** The pods that wait for something to change. */
  keys(): ObjectKey[] {
    return [...this.#refusals.values()].map(({ key }) => key)
  }

  /** `nominated`: the Node on which room is being made for it from now on. */
  note({ pod, id }: PodInfo, { looksAround }: Setback, nominated: string | undefined): void {
    const attempts = (this.#refusals.get(id)?.attempts ?? 0) + 1
    const key = pod.metadata
    const time = this.#changes.now
    this.#refusals.set(id, { key, pod: looks(pod, nominated), time, looksAround, attempts, at: Date.now() })
  }

  /** It has a place, is gone, or what it needs has come. */
  forget(pod: Pod): void {
    this.#refusals.delete(idOf(pod))
  }

  /** Milliseconds until a pod is to be tried, if nothing changes before. */
  pause(info: PodInfo, knowledge: Knowledge): number {
    const refusal = this.#refusals.get(info.id)
    if (!refusal || refusal.pod !== looks(info.pod, info.pod.status?.nominatedNodeName)) return 0
    const { time, looksAround, attempts, at } = refusal
    const hasClaims = info.pod.spec.volumes?.some((volume) => claimNameOf(info.pod, volume) !== undefined)
    const isSuspected =
      (looksAround && this.#changes.ofPodsSince(time)) || (hasClaims && this.#changes.ofStorageSince(time))
    const longest = isSuspected ? Math.min(LAST_PAUSE, FIRST_PAUSE * 2 ** (attempts - 1)) : LONGEST_PAUSE
    const left = Math.max(0, at + longest - Date.now())
    if (isSuspected || left === 0) return left
    const nodes = looksAround ? [] : this.#changes.roomSince(time)
    if (nodes.some((name) => wouldFit(info, name, knowledge))) return 0
    // What was looked at need not be looked at again.
    refusal.time = this.#changes.now
    return left
  }
}

/** What a pod's place depends on of the pod itself. */
const looks = ({ metadata }: Pod, nominated: string | undefined): string =>
  JSON.stringify([metadata.generation, metadata.labels, nominated ?? ''])
