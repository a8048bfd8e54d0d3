/** Below this the clock's own steps would count. */
const LEAST_WINDOW = 1_000

/** Processor time that something had used at a time. */
export interface CpuReading {
  /** Milliseconds since 1970. */
  at: number
  nanoseconds: number
}

/** How much of a processor something uses: over the time since somebody asked before, or else since it started. */
export class CpuRates {
  readonly #last = new Map<string, CpuReading & { rate: number }>()

  /** Billionths of a processor. */
  rate(id: string, { at, nanoseconds }: CpuReading, startedAt: number): number {
    const last = this.#last.get(id)
    if (last && at - last.at < LEAST_WINDOW) return last.rate
    const before = last ?? { at: startedAt, nanoseconds: 0 }
    const seconds = (at - before.at) / 1000
    const rate = seconds > 0 ? Math.max(0, Math.round((nanoseconds - before.nanoseconds) / seconds)) : 0
    this.#last.set(id, { at, nanoseconds, rate })
    return rate
  }

  /** Forgets all others. */
  keep(ids: ReadonlySet<string>): void {
    for (const id of this.#last.keys()) if (!ids.has(id)) this.#last.delete(id)
  }
}
