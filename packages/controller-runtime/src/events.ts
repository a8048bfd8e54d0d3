import { isApiError, type KubeClient } from '@slipway/kube-client'
import type { KubeObject } from '@slipway/kube-objects'
import { EventCorrelator, type Told } from './event-correlator.ts'

/** What an event is about: an object, or with `fieldPath` a part of it. */
export type EventSubject = Pick<KubeObject, 'apiVersion' | 'kind' | 'metadata'> & { fieldPath?: string }

/** Who tells. */
export interface EventSource {
  component: string
  /** The node that it is about, when it is a node's. */
  host?: string
}

/** Writes core/v1 Events about objects, no more of them than an EventCorrelator lets through. */
export class EventRecorder {
  readonly #client: KubeClient
  readonly #source: EventSource
  readonly #onError: (error: unknown) => void
  readonly #correlator = new EventCorrelator()
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
    const { kind, metadata, fieldPath: part = '' } = subject
    const object = [kind, metadata.namespace, metadata.name, metadata.uid].join('|')
    const name = `${metadata.name}.${(this.#sequence++).toString(16)}`
    const told = this.#correlator.correlate({ object, part, type, reason, message }, name, Date.now())
    if (!told) return
    const event = this.#eventOf(subject, told, { type, reason })
    this.#last = this.#last
      .then(() => this.#write(event))
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

  async #write(event: Event): Promise<void> {
    const { apiVersion, kind, metadata, message, count, lastTimestamp } = event
    if (count > 1) {
      try {
        await this.#client.patch({ apiVersion, kind, ...metadata }, 'merge', { message, count, lastTimestamp })
        return
      } catch (error) {
        // It is old and gone, or the first was not told.
        if (!isApiError(error, 'KUBE_NOT_FOUND')) throw error
      }
    }
    await this.#client.create(event)
  }

  #eventOf(
    { apiVersion, kind, metadata, fieldPath }: EventSubject,
    { name, message, count, first }: Told,
    { type, reason }: { type: string; reason: string },
  ): Event {
    return {
      apiVersion: 'v1',
      kind: 'Event',
      metadata: { name, namespace: metadata.namespace ?? 'default' },
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
      firstTimestamp: seconds(first),
      lastTimestamp: seconds(Date.now()),
      count,
    }
  }
}

type Event = KubeObject & { message: string; count: number; lastTimestamp: string }

const seconds = (time: number): string => new Date(time).toISOString().replace(/\.\d+Z$/, 'Z')
