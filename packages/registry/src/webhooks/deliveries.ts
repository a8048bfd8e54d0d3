import { Compaction } from '../log/compaction.ts'
import type { Log } from '../port.ts'
import type { Delivery } from './delivery.ts'

/** Of each webhook so many of the last that are over are kept. */
const KEPT = 100

/** What was sent and what is still to be sent, in memory and, where there is a log, over restarts. */
export class Deliveries {
  readonly #log: Log<Delivery> | undefined
  readonly #compaction: Compaction<Delivery> | undefined
  /** By webhook, then by id. */
  readonly #pending = new Map<string, Map<string, Delivery>>()
  /** By webhook, the oldest first. */
  readonly #over = new Map<string, Delivery[]>()

  private constructor(log: Log<Delivery> | undefined, onError: (error: unknown) => void) {
    this.#log = log
    this.#compaction = log && new Compaction(log, () => [...this.#over.values(), this.pending()].flat(), onError)
  }

  /** `onError` is told when the log can't be written anew; it goes on growing then. */
  static async open(log: Log<Delivery> | undefined, onError: (error: unknown) => void): Promise<Deliveries> {
    const deliveries = new Deliveries(log, onError)
    let entries = 0
    for await (const delivery of log?.read() ?? []) {
      entries += 1
      deliveries.#remember(delivery)
    }
    await deliveries.#compaction?.opened(entries)
    return deliveries
  }

  /** Of one webhook, or of all. */
  pending(webhook?: string): Delivery[] {
    const chosen = webhook === undefined ? [...this.#pending.values()] : [this.#pending.get(webhook) ?? new Map()]
    return chosen.flatMap((byId) => [...byId.values()])
  }

  /** The newest first. */
  of(webhook: string): Delivery[] {
    return [...(this.#over.get(webhook) ?? []), ...this.pending(webhook)].reverse()
  }

  /** Resolves when it is kept. */
  async keep(delivery: Delivery): Promise<void> {
    this.#remember(delivery)
    await this.#log?.append(delivery)
    this.#compaction?.grew()
  }

  #remember(delivery: Delivery): void {
    const { id, webhook, state } = delivery
    const pending = this.#pending.get(webhook) ?? new Map<string, Delivery>()
    this.#pending.set(webhook, pending)
    if (state === 'pending') {
      pending.set(id, delivery)
      return
    }
    pending.delete(id)
    const over = this.#over.get(webhook) ?? []
    over.push(delivery)
    this.#over.set(webhook, over.slice(-KEPT))
  }
}
