import { EventEmitter, once } from 'node:events'
import type { RunLog } from '../engine/run-log.ts'

/** The logs that are being written now, by run. */
export class LiveLogs {
  readonly #logs = new Map<string, RunLog>()
  readonly #events = new EventEmitter().setMaxListeners(0)

  add(name: string, log: RunLog): void {
    this.#logs.set(name, log)
    this.changed()
    log.once('closed', () => {
      if (this.#logs.get(name) === log) this.#logs.delete(name)
      this.changed()
    })
  }

  get(name: string): RunLog | undefined {
    return this.#logs.get(name)
  }

  /** Wakes those who wait for a log: one was opened or closed, or a run changed. */
  changed(): void {
    this.#events.emit('changed')
  }

  /** Resolves at the next change. */
  async next(signal: AbortSignal): Promise<void> {
    await once(this.#events, 'changed', { signal })
  }
}
