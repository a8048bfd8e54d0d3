import { setTimeout as sleep } from 'node:timers/promises'
import { isApiError, type KubeClient } from '@slipway/kube-client'
import type { ObjectMeta } from '@slipway/kube-objects'

export type ConfigurationKind = 'ConfigMap' | 'Secret'

/** Told of an object that changed, or without metadata that anything may have changed. */
export type ConfigurationListener = (kind: ConfigurationKind, metadata?: ObjectMeta) => void

const FIRST_RETRY = 200
const LAST_RETRY = 10_000

/** Tells which ConfigMaps and Secrets change. Unlike an informer it keeps none of them: pods read what they need themselves. */
export class ConfigurationWatch {
  readonly #client: KubeClient
  readonly #listener: ConfigurationListener
  readonly #onError: (error: unknown) => void
  readonly #stop = new AbortController()
  #watching: Promise<unknown> = Promise.resolve()

  constructor(client: KubeClient, listener: ConfigurationListener, onError: (error: unknown) => void) {
    this.#client = client
    this.#listener = listener
    this.#onError = onError
  }

  start(): void {
    this.#watching = Promise.all([this.#watch('ConfigMap'), this.#watch('Secret')])
  }

  async stop(): Promise<void> {
    this.#stop.abort()
    await this.#watching
  }

  async #watch(kind: ConfigurationKind): Promise<void> {
    const { signal } = this.#stop
    let resourceVersion: string | undefined
    let retry = FIRST_RETRY
    while (!signal.aborted) {
      try {
        if (resourceVersion === undefined) {
          resourceVersion = await this.#now(kind)
          this.#listener(kind)
        }
        const query = { apiVersion: 'v1', kind, resourceVersion }
        for await (const { type, object } of this.#client.watch(query, signal)) {
          retry = FIRST_RETRY
          resourceVersion = object.metadata.resourceVersion ?? resourceVersion
          if (type !== 'BOOKMARK') this.#listener(kind, object.metadata)
        }
      } catch (error) {
        if (signal.aborted) return
        if (isApiError(error, 'KUBE_EXPIRED')) resourceVersion = undefined
        else this.#onError(error)
      }
      await sleep(retry, undefined, { signal }).catch(() => {})
      retry = Math.min(retry * 2, LAST_RETRY)
    }
  }

  /** The version of an empty list: where a watch begins that is only told of what comes. */
  async #now(kind: ConfigurationKind): Promise<string> {
    const nothing = { apiVersion: 'v1', kind, fieldSelector: 'metadata.name=' }
    return (await this.#client.list(nothing, this.#stop.signal)).resourceVersion
  }
}
