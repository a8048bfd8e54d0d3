import { EventEmitter, once } from 'node:events'
import type { RunLog } from '../engine/run-log.ts'

/** The logs that are being written now, by run. */
export class LiveLogs {
  readonly #logs = new Map<string, RunLog>()
  readonly #events = new EventEmitter().setMaxListeners(0)

  add(name: string, log: RunLog): void {
    this.#logs.set(name, log)
    this.#events.emit('opened')
    log.once('closed', () => {
      if (this.#logs.get(name) === log) this.#logs.delete(name)
      this.#events.emit('opened')
    })
  }

  get(name: string): RunLog | undefined {
    return this.#logs.get(name)
  }

  /** Resolves when some log was opened or closed. */
  async next(signal: AbortSignal): Promise<void> {
    await once(this.#events, 'opened', { signal })
  }
}
