import { isApiError, type KubeClient } from '@slipway/kube-client'
import type { KubeObject } from '@slipway/kube-objects'

/** What an event is about: an object, or with `fieldPath` a part of it. */
export type EventSubject = Pick<KubeObject, 'apiVersion' | 'kind' | 'metadata'> & { fieldPath?: string }

/** Who tells. */
export interface EventSource {
  component: string
  /** The node that it is about, when it is a node's. */
  host?: string
}

interface Recorded {
  name: string
  count: number
}

/** Writes core/v1 Events about objects; a repeated one is counted instead of written again, as client-go's recorder does. */
export class EventRecorder {
  readonly #client: KubeClient
  readonly #source: EventSource
  readonly #onError: (error: unknown) => void
  readonly #recorded = new Map<string, Recorded>()
  // Two recorders that start in the same millisecond must not give one object two events of the same name.
  #sequence = Date.now() * 1000 + Math.floor(Math.random() * 1000)
  #last: Promise<void> = Promise.resolve()

  constructor(client: KubeClient, source: EventSource, onError: (error: unknown) => void) {
    this.#client = client
    this.#source = source
    this.#onError = onError
  }

  /** Returns at once; events are written in order, in the background. */
  record(subject: EventSubject, type: 'Normal' | 'Warning', reason: string, message: string): void {
    const now = new Date().toISOString()
    this.#last = this.#last
      .then(() => this.#write(subject, { type, reason, message, now }))
      .catch((error: unknown) => {
        // Events go with their namespace.
        const isGone = isApiError(error, 'KUBE_NAMESPACE_TERMINATING') || isApiError(error, 'KUBE_NOT_FOUND')
        if (!isGone) this.#onError(error)
      })
  }

  /** Resolves when everything recorded so far is written. */
  flush(): Promise<void> {
    return this.#last
  }

  async #write(
    { apiVersion, kind, metadata, fieldPath }: EventSubject,
    { type, reason, message, now }: { type: string; reason: string; message: string; now: string },
  ): Promise<void> {
    const namespace = metadata.namespace ?? 'default'
    const key = [metadata.uid, fieldPath, type, reason, message].join('|')
    const lastTimestamp = now.replace(/\.\d+Z$/, 'Z')
    const known = this.#recorded.get(key)
    if (known) {
      known.count++
      const ref = { apiVersion: 'v1', kind: 'Event', namespace, name: known.name }
      try {
        await this.#client.patch(ref, 'merge', { count: known.count, lastTimestamp })
        return
      } catch (error) {
        if (!isApiError(error, 'KUBE_NOT_FOUND')) throw error
      }
    }
    const name = `${metadata.name}.${(this.#sequence++).toString(16)}`
    this.#remember(key, { name, count: 1 })
    await this.#client.create({
      apiVersion: 'v1',
      kind: 'Event',
      metadata: { name, namespace },
      involvedObject: {
        ...(apiVersion && { apiVersion }),
        kind,
        name: metadata.name,
        ...(metadata.namespace && { namespace: metadata.namespace }),
        ...(metadata.uid && { uid: metadata.uid }),
        ...(metadata.resourceVersion && { resourceVersion: metadata.resourceVersion }),
        ...(fieldPath && { fieldPath }),
      },
      type,
      reason,
      message: message.slice(0, 1024),
      source: this.#source,
      reportingComponent: this.#source.component,
      reportingInstance: this.#source.host ?? '',
      firstTimestamp: lastTimestamp,
      lastTimestamp,
      count: 1,
    })
  }

  #remember(key: string, recorded: Recorded): void {
    this.#recorded.set(key, recorded)
    // Old ones are simply written anew when they come back.
    const [oldest] = this.#recorded.keys()
    if (this.#recorded.size > 1000 && oldest !== undefined) this.#recorded.delete(oldest)
  }
}
