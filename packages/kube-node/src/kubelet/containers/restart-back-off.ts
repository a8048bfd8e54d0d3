import type { Container } from '../../model/pod.ts'
import type { Attempt } from '../observe.ts'

const FIRST = 10_000
const LAST = 300_000
/** What ran as long as this ran well (twice the longest back-off). */
const STEADY = 2 * LAST

interface Entry {
  /** The attempt that was followed by another one. */
  last: string
  delay: number
  /** When, in milliseconds since 1970. */
  at: number
}

/**
 * How long the containers of one pod that ended wait for their restart: not at all the first time, then 10 s, 20 s, … 300 s
 * (client-go, flowcontrol.Backoff). It is the kubelet's own memory and no part of the pod: what ran ten minutes, has another image
 * or was restarted by an earlier process counts from the beginning.
 */
export class RestartBackOff {
  readonly #entries = new Map<string, Entry>()

  /** Milliseconds from the end of this attempt to the next one. */
  delayAfter(container: Container, last: Attempt): number {
    const entry = this.#entries.get(keyOf(container))
    return entry && !isOutlived(entry, last) ? entry.delay : 0
  }

  /** The container is started once more, after this attempt. */
  restarted(container: Container, last: Attempt, now: number): void {
    const before = this.#entries.get(keyOf(container))
    // A start that failed is none, and is held back by itself.
    if (before?.last === last.id) return
    const delay = before && !isOutlived(before, last) ? Math.min(before.delay * 2, LAST) : FIRST
    this.#entries.set(keyOf(container), { last: last.id, delay, at: now })
  }
}

/** What says when it ended says also whether it had been steady until then. */
const isOutlived = ({ at }: Entry, { finishedAt }: Attempt): boolean =>
  finishedAt === undefined || Date.parse(finishedAt) - at > STEADY

const keyOf = ({ name, image }: Container): string => `${name} ${image}`
