import type { Content } from '../content/content.ts'
import type { RegistrySettings } from '../policy/settings.ts'
import type { Deployed } from '../port.ts'
import { applyRetention, type RetentionReport } from './apply-retention.ts'
import { collectGarbage, type GarbageReport } from './collect-garbage.ts'

const HOUR = 3_600_000
/** Milliseconds between two runs, as with zot. */
const INTERVAL = HOUR
/** Milliseconds for which a push may count on what it saw, as with zot and Harbor. */
const GRACE = 2 * HOUR
/** Milliseconds after which an upload is given up, as with Distribution. */
const UPLOAD_LIFE = 7 * 24 * HOUR

export interface CareOptions {
  /** @default 2 hours */
  grace?: number
  /** Only say what would go. @default false */
  dryRun?: boolean
  /** Remove manifests that never had a tag, whatever the policies say. @default false */
  deleteUntagged?: boolean
}

export interface CareReport {
  /** Whether it only says what would go. */
  dryRun: boolean
  retention: RetentionReport
  garbage: GarbageReport
  /** Milliseconds that it took. */
  duration: number
}

export interface CaretakerDeps {
  content: Content
  settings: () => RegistrySettings
  deployed: (() => Promise<Deployed>) | undefined
  /** Told of each run that removed something or could not. */
  onReport: (report: CareReport) => void
  onError: (error: unknown) => void
}

/** Keeps the registry small: what the policies do not keep goes, then what nothing needs. By itself every hour, and when asked. */
export class Caretaker {
  readonly #deps: CaretakerDeps
  readonly #startedAt: number
  readonly #timer: NodeJS.Timeout
  #last: Promise<unknown> = Promise.resolve()
  readonly #stop = new AbortController()

  constructor(deps: CaretakerDeps) {
    this.#deps = deps
    this.#startedAt = deps.content.clock()
    this.#timer = setInterval(() => void this.run().catch(deps.onError), INTERVAL).unref()
  }

  /** One run at a time; one that comes meanwhile waits. */
  run(options: CareOptions = {}): Promise<CareReport> {
    const mine = this.#last.then(() => this.#run(options))
    this.#last = mine.catch(() => {})
    return mine
  }

  /** Resolves when nothing is being removed any more. */
  async stop(): Promise<void> {
    this.#stop.abort()
    clearInterval(this.#timer)
    await this.#last
  }

  async #run({ grace = GRACE, dryRun = false, deleteUntagged = false }: CareOptions): Promise<CareReport> {
    const { content, settings, deployed, onReport } = this.#deps
    const { signal } = this.#stop
    const now = content.clock()
    const retention = await applyRetention(content, {
      settings: settings(),
      deployed,
      grace,
      dryRun,
      deleteUntagged,
      signal,
    })
    const garbage = await collectGarbage(content, {
      grace,
      knownSince: this.#startedAt,
      uploadsBefore: now - UPLOAD_LIFE,
      dryRun,
      signal,
    })
    const report = { dryRun, retention, garbage, duration: content.clock() - now }
    onReport(report)
    return report
  }
}
