import { setTimeout as sleep } from 'node:timers/promises'
import type { Pace } from '@slipway/storage'
import type { Content } from '../content/content.ts'
import type { SpoiltBlob } from './spoilt-blobs.ts'

const HOUR = 3_600_000
/** Milliseconds from the start, and from the end of one pass, to the next. */
const FIRST = HOUR
const INTERVAL = 24 * HOUR
/** Bytes a second: a terabyte takes 18 hours and a hundredth of a core. */
const RATE = 16 * 1024 * 1024

export interface ScrubReport {
  /** Blobs that were read, and their bytes. */
  blobs: number
  bytes: number
  /** Found by this pass. */
  spoilt: SpoiltBlob[]
  /** What repositories hold and the store does not have: those that were set aside and not pushed again, or lost otherwise. */
  missing: { digest: string; repositories: string[] }[]
  /** Milliseconds that it took. */
  duration: number
}

export interface ScrubberDeps {
  content: Content
  /** Told of each pass. */
  onPass: (report: ScrubReport) => void
  /** Told of each pass that runs by itself. */
  onReport: (report: ScrubReport) => void
  onError: (error: unknown) => void
}

/** Reads everything that is stored, slowly, and compares it with its digest: once a day, and when asked. */
export class Scrubber {
  readonly #deps: ScrubberDeps
  readonly #stop = new AbortController()
  #timer: NodeJS.Timeout
  #last: Promise<unknown> = Promise.resolve()

  constructor(deps: ScrubberDeps) {
    this.#deps = deps
    this.#timer = this.#schedule(FIRST)
  }

  /** One pass at a time; one that comes meanwhile waits. `rate`: bytes a second, as fast as it goes without. */
  run({ rate }: { rate?: number } = {}): Promise<ScrubReport> {
    const mine = this.#last.then(() => this.#pass(paceOf(rate, this.#stop.signal)))
    this.#last = mine.catch(() => {})
    return mine
  }

  async stop(): Promise<void> {
    clearTimeout(this.#timer)
    this.#stop.abort()
    await this.#last
  }

  #schedule(wait: number): NodeJS.Timeout {
    return setTimeout(() => void this.#daily(), wait).unref()
  }

  async #daily(): Promise<void> {
    try {
      this.#deps.onReport(await this.run({ rate: RATE }))
    } catch (error) {
      if (this.#stop.signal.aborted) return
      this.#deps.onError(error)
    }
    this.#timer = this.#schedule(INTERVAL)
  }

  async #pass(pace: Pace): Promise<ScrubReport> {
    const { catalog, blobs, clock, spoilt } = this.#deps.content
    const began = clock()
    const report: ScrubReport = { blobs: 0, bytes: 0, spoilt: [], missing: [], duration: 0 }
    const before = spoilt.found.length
    const here = new Set<string>()
    for await (const digest of blobs.keys()) {
      const isGood = await blobs.verify(digest, async (bytes) => {
        report.bytes += bytes
        await pace(bytes)
      })
      if (isGood === undefined) continue
      report.blobs += 1
      if (isGood || !(await spoilt.setAside(digest))) here.add(digest)
    }
    report.spoilt = spoilt.found.slice(before)
    for (const digest of [...catalog.digests()]) {
      // What came while this ran was not seen.
      if (here.has(digest) || (await blobs.stat(digest))) continue
      report.missing.push({ digest, repositories: catalog.namesWith(digest) })
    }
    report.duration = clock() - began
    this.#deps.onPass(report)
    return report
  }
}

/** Lets so many bytes pass in a second, and nothing any more after the end. */
function paceOf(rate: number | undefined, signal: AbortSignal): Pace {
  let due = performance.now()
  return async (bytes) => {
    signal.throwIfAborted()
    if (rate === undefined) return
    due = Math.max(due, performance.now()) + (bytes / rate) * 1000
    await sleep(due - performance.now(), undefined, { signal })
  }
}
