import { setTimeout as sleep } from 'node:timers/promises'
import { messageOf } from '@slipway/errors'
import { LABELS, type PodEngine } from '../runtime/pod-runtime.ts'
import { podFilter } from './observe.ts'

const FIRST_RETRY = 200
const LAST_RETRY = 10_000
/** How long a container runtime may be silent before the node is not ready, in milliseconds (kubelet, maxWaitForContainerRuntime). */
const DOWN_AFTER = 30_000

export interface EngineListener {
  /** From here on everything is told; something may have been missed before. */
  connected(): void
  /** A container of the pod with this uid ended. */
  ended(uid: string): void
  /** Whether the engine can be worked with: it is told when that changes. */
  available(isAvailable: boolean): void
  error(error: unknown): void
}

/** Follows what the engine tells of the containers of one node, for as long as it runs. */
export class EngineWatch {
  readonly #engine: Pick<PodEngine, 'events'>
  readonly #instance: string
  readonly #listener: EngineListener
  readonly #abort = new AbortController()
  #watching: Promise<void> | undefined
  /** Since when it is silent, in milliseconds since 1970. */
  #silentSince: number | undefined
  #isAvailable = true

  readonly #downAfter: number

  constructor(
    engine: Pick<PodEngine, 'events'>,
    instance: string,
    listener: EngineListener,
    downAfter: number = DOWN_AFTER,
  ) {
    this.#engine = engine
    this.#instance = instance
    this.#listener = listener
    this.#downAfter = downAfter
  }

  start(): void {
    this.#watching = this.#watch()
  }

  async stop(): Promise<void> {
    this.#abort.abort()
    await this.#watching
  }

  async #watch(): Promise<void> {
    const { signal } = this.#abort
    let retry = FIRST_RETRY
    const onReady = (): void => {
      retry = FIRST_RETRY
      this.#heard()
      this.#listener.connected()
    }
    while (!signal.aborted) {
      try {
        const filter = podFilter(this.#instance)
        for await (const { action, labels } of this.#engine.events(filter, { signal, onReady })) {
          if (ENDS.has(action)) this.#listener.ended(labels[LABELS.uid] ?? '')
        }
      } catch (error) {
        if (signal.aborted) return
        this.#listener.error(new Error(`container events: ${messageOf(error)}`, { cause: error }))
      }
      this.#lost()
      await sleep(retry, undefined, { signal, ref: false }).catch(() => {})
      retry = Math.min(retry * 2, LAST_RETRY)
    }
  }

  #heard(): void {
    this.#silentSince = undefined
    this.#tell(true)
  }

  #lost(): void {
    this.#silentSince ??= Date.now()
    if (Date.now() - this.#silentSince >= this.#downAfter) this.#tell(false)
  }

  #tell(isAvailable: boolean): void {
    if (isAvailable === this.#isAvailable) return
    this.#isAvailable = isAvailable
    this.#listener.available(isAvailable)
  }
}

/** What Docker and Podman call the end of a container. */
const ENDS = new Set(['die', 'died', 'oom', 'destroy', 'remove'])
