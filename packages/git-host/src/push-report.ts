import { type ReceivePackRequest, type RefUpdate, ReportStatusReader } from '@slipway/git-format'

/**
 * Follows receive-pack's answer to a push, to tell what has moved as soon as the client is told: receive-pack reports when its
 * work on the refs is done, and how long it then takes to end concerns nobody.
 */
export class PushReport {
  /** Whether the client asked for a report; without one nobody knows but the refs themselves. */
  readonly wanted: boolean
  readonly #updates: RefUpdate[]
  readonly #reader: ReportStatusReader
  readonly #moved: (updates: RefUpdate[]) => void
  #told = false

  constructor({ updates, capabilities }: ReceivePackRequest, moved: (updates: RefUpdate[]) => void) {
    this.wanted = capabilities.some((name) => name.startsWith('report-status'))
    this.#updates = updates
    this.#reader = new ReportStatusReader(capabilities)
    this.#moved = moved
  }

  push(chunk: Uint8Array): void {
    if (!this.wanted || this.#told) return
    this.#reader.push(chunk)
    const { refs } = this.#reader.report()
    if (this.#updates.every(({ ref }) => refs.has(ref))) this.end()
  }

  /** Tells of the refs that are known to have moved, when receive-pack ended before it had reported all of them. */
  end(): void {
    if (!this.wanted || this.#told) return
    this.#told = true
    const { refs } = this.#reader.report()
    this.#moved(this.#updates.filter(({ ref }) => refs.has(ref) && refs.get(ref) === undefined))
  }
}
