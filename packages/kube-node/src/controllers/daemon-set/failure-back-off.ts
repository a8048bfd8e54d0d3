const FIRST = 1_000
const LAST = 15 * 60_000

interface Entry {
  delay: number
  at: number
}

/** Holds back the replacement of daemons that fail again and again, as when the kubelet refuses them: 1 s, 2 s, … 15 min (failedPodsBackoff). */
export class FailureBackOff {
  readonly #entries = new Map<string, Entry>()

  /** Milliseconds until one that failed may be replaced. */
  wait(key: string, now: number): number {
    const entry = this.#entries.get(key)
    if (entry && now - entry.at > 2 * LAST) this.#entries.delete(key)
    return entry ? Math.max(0, entry.at + entry.delay - now) : 0
  }

  /** One was replaced. */
  replaced(key: string, now: number): void {
    const before = this.#entries.get(key)
    this.#entries.set(key, { delay: before ? Math.min(LAST, before.delay * 2) : FIRST, at: now })
  }
}
