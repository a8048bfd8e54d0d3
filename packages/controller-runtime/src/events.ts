import { isApiError, type KubeClient } from '@slipway/kube-client'
import type { KubeObject } from '@slipway/kube-objects'

interface Recorded {
  name: string
  count: number
}

/** Writes core/v1 Events about objects; a repeated one is counted instead of written again, as client-go's recorder does. */
export class EventRecorder {
  readonly #client: KubeClient
  readonly #component: string
  readonly #onError: (error: unknown) => void
  readonly #recorded = new Map<string, Recorded>()
  // Two recorders that start in the same millisecond must not give one object two events of the same name.
  #sequence = Date.now() * 1000 + Math.floor(Math.random() * 1000)
  #last: Promise<void> = Promise.resolve()

  constructor(client: KubeClient, component: string, onError: (error: unknown) => void) {
    this.#client = client
    this.#component = component
    this.#onError = onError
  }

  /** Returns at once; events are written in order, in the background. */
  record(object: KubeObject, type: 'Normal' | 'Warning', reason: string, message: string): void {
    const now = new Date().toISOString()
    this.#last = this.#last
      .then(() => this.#write(object, { type, reason, message, now }))
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
    object: KubeObject,
    { type, reason, message, now }: { type: string; reason: string; message: string; now: string },
  ): Promise<void> {
    const namespace = object.metadata.namespace ?? 'default'
    const key = [object.metadata.uid, type, reason, message].join('|')
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
    const name = `${object.metadata.name}.${(this.#sequence++).toString(16)}`
    this.#remember(key, { name, count: 1 })
    await this.#client.create({
      apiVersion: 'v1',
      kind: 'Event',
      metadata: { name, namespace },
      involvedObject: {
        apiVersion: object.apiVersion,
        kind: object.kind,
        name: object.metadata.name,
        ...(object.metadata.namespace && { namespace: object.metadata.namespace }),
        ...(object.metadata.uid && { uid: object.metadata.uid }),
        ...(object.metadata.resourceVersion && { resourceVersion: object.metadata.resourceVersion }),
      },
      type,
      reason,
      message: message.slice(0, 1024),
      source: { component: this.#component },
      reportingComponent: this.#component,
      reportingInstance: '',
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
