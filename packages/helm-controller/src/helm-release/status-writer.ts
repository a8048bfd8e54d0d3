import type { ReconcileContext } from '@slipway/controller-runtime'
import type { HelmRelease, HelmReleaseStatus } from './helm-release.ts'
import { enterPhase, type Phase } from './phases.ts'

/**
 * Writes the phases of one pass in order, without making the work wait for each write.
 * The object at hand moves along, so a later phase builds on the earlier ones.
 */
export class StatusWriter {
  #release: HelmRelease
  readonly #context: ReconcileContext<HelmRelease>
  #last: Promise<unknown> = Promise.resolve()

  constructor(release: HelmRelease, context: ReconcileContext<HelmRelease>) {
    this.#release = release
    this.#context = context
  }

  get status(): HelmReleaseStatus {
    return this.#release.status ?? {}
  }

  enter(phase: Phase, fields: Partial<HelmReleaseStatus> = {}, detail?: string): void {
    this.set({
      ...enterPhase(this.#release, phase, new Date().toISOString().replace(/\.\d+Z$/, 'Z'), detail),
      ...fields,
    })
  }

  /** Writes fields without a phase; nothing when they are so already. */
  set(fields: Partial<HelmReleaseStatus>): void {
    const status = { ...this.status, ...fields }
    if (JSON.stringify(status) === JSON.stringify(this.status)) return
    this.#release = { ...this.#release, status }
    this.#last = this.#last.then(() => this.#context.patchStatus({ ...status }))
    // The error is for whoever awaits flush(); without this it would count as unhandled until then.
    this.#last.catch(() => {})
  }

  /** Resolves when everything is written. */
  async flush(): Promise<void> {
    await this.#last
  }
}
