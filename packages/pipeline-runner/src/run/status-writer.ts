import { setTimeout as sleep } from 'node:timers/promises'
import { classOf } from '@slipway/errors'
import { isApiError } from '@slipway/kube-client'

const INTERVAL = 250
const RETRY = 500

/** Writes a run's status while it changes, at most four times a second. */
export class StatusWriter {
  readonly #patch: (status: Record<string, unknown>) => Promise<unknown>
  readonly #read: () => Record<string, unknown>
  #timer: NodeJS.Timeout | undefined
  #last: Promise<unknown> = Promise.resolve()

  constructor(patch: (status: Record<string, unknown>) => Promise<unknown>, read: () => Record<string, unknown>) {
    this.#patch = patch
    this.#read = read
  }

  changed(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined
      // One that fails is made good by the next, and the last one insists.
      this.#last = this.#last.then(() => this.#patch(this.#read())).catch(() => {})
    }, INTERVAL)
  }

  /** Drops what was not written yet. */
  async cancel(): Promise<void> {
    clearTimeout(this.#timer)
    this.#timer = undefined
    await this.#last
  }

  /** Writes the final status and tries until it is stored, the object is gone or the signal aborts: a lost result would be a second run. */
  async finish(status: Record<string, unknown>, signal: AbortSignal): Promise<void> {
    await this.cancel()
    for (;;) {
      try {
        await this.#patch({ ...this.#read(), ...status })
        return
      } catch (error) {
        if (isApiError(error, 'KUBE_NOT_FOUND')) return
        if (classOf(error) !== 'transient') throw error
        await sleep(RETRY, undefined, { signal })
      }
    }
  }
}
