import { setTimeout as sleep } from 'node:timers/promises'
import type { KubeObject, ObjectKey } from '@slipway/kube-objects'
import { isApiError } from './api-error.ts'
import type { KubeClient } from './client.ts'
import { ObjectIndex, type ValuesOf } from './object-index.ts'
import type { ListQuery } from './types.ts'

/** A change in an informer's cache. */
export interface Change<T extends KubeObject> {
  type: 'added' | 'modified' | 'deleted'
  object: T
  previous?: T
}

export type ChangeHandler<T extends KubeObject> = (change: Change<T>) => void

const FIRST_RETRY = 100
const LAST_RETRY = 10_000

/**
 * A local copy of the objects of one query, kept by list and watch. A lost watch resumes where it was; lost history is listed
 * anew and the difference told as changes, so handlers see every state that lasts.
 */
export class Informer<T extends KubeObject = KubeObject> {
  readonly query: ListQuery
  readonly #client: KubeClient
  readonly #cache = new Map<string, T>()
  readonly #indexes = new Map<ValuesOf<T>, ObjectIndex<T>>()
  readonly #handlers = new Set<ChangeHandler<T>>()
  readonly #onError: (error: unknown) => void
  readonly #stop = new AbortController()
  #version: string | undefined
  readonly #synced = milestone()
  readonly #tried = milestone()
  #running: Promise<void> | undefined

  constructor(client: KubeClient, query: ListQuery, onError: (error: unknown) => void = () => {}) {
    this.#client = client
    this.query = query
    this.#onError = onError
  }

  /** Begins; resolves when the first list is in the cache. Calling it again only waits for that. */
  start(): Promise<void> {
    this.#running ??= this.#run()
    return this.#synced.reached
  }

  /** As `start`, but does not wait for a list that can't be had now: of a kind that is not there, or may not be read. */
  tryStart(): Promise<void> {
    this.#running ??= this.#run()
    return this.#tried.reached
  }

  async stop(): Promise<void> {
    this.#stop.abort()
    await this.#running
  }

  get(key: ObjectKey): T | undefined {
    return this.#cache.get(cacheKey(key))
  }

  list(): T[] {
    return [...this.#cache.values()]
  }

  /** Its objects by these values; it is as new as the cache whenever a handler is told of a change. Who asks by the same function shares it. */
  index(valuesOf: ValuesOf<T>): ObjectIndex<T> {
    const known = this.#indexes.get(valuesOf)
    if (known) return known
    const index = new ObjectIndex(valuesOf)
    for (const [key, object] of this.#cache) index.move(key, undefined, object)
    this.#indexes.set(valuesOf, index)
    return index
  }

  /** The resourceVersion up to which nothing is missing; undefined before the first list. */
  get version(): string | undefined {
    return this.#version
  }

  /** Tells of every later change, and at once of what is in the cache already. Returns a function that ends it. */
  on(handler: ChangeHandler<T>): () => void {
    for (const object of this.#cache.values()) this.#tell(handler, { type: 'added', object })
    this.#handlers.add(handler)
    return () => this.#handlers.delete(handler)
  }

  async #run(): Promise<void> {
    const { signal } = this.#stop
    let resourceVersion: string | undefined
    let retry = FIRST_RETRY
    while (!signal.aborted) {
      try {
        if (resourceVersion === undefined) {
          resourceVersion = await this.#relist(signal)
          this.#synced.reach()
          this.#tried.reach()
        }
        for await (const event of this.#client.watch<T>({ ...this.query, resourceVersion }, signal)) {
          resourceVersion = event.object.metadata.resourceVersion ?? resourceVersion
          this.#version = resourceVersion
          retry = FIRST_RETRY
          if (event.type === 'DELETED') this.#remove(event.object)
          else if (event.type !== 'BOOKMARK') this.#put(event.object)
        }
      } catch (error) {
        if (signal.aborted) return
        // The pause is for this too: a server that loses its history again and again is not asked for everything in a row.
        if (isApiError(error, 'KUBE_EXPIRED')) resourceVersion = undefined
        else this.#onError(error)
        this.#tried.reach()
      }
      // Full jitter, so that a server that comes back is not met by all its clients at once.
      await sleep(Math.random() * retry, undefined, { signal }).catch(() => {})
      retry = Math.min(retry * 2, LAST_RETRY)
    }
  }

  async #relist(signal: AbortSignal): Promise<string> {
    const { items, resourceVersion } = await this.#client.list<T>(this.query, signal)
    this.#version = resourceVersion
    const present = new Set(items.map((item) => cacheKey(item.metadata)))
    for (const [key, object] of this.#cache) if (!present.has(key)) this.#remove(object)
    for (const item of items) this.#put(item)
    return resourceVersion
  }

  #put(object: T): void {
    const key = cacheKey(object.metadata)
    const known = this.#cache.get(key)
    // Another one of the same name came while nobody watched: whoever keeps something of the first has to learn that it is gone.
    if (known && known.metadata.uid !== object.metadata.uid) this.#remove(known)
    const previous = this.#cache.get(key)
    if (previous && previous.metadata.resourceVersion === object.metadata.resourceVersion) return
    this.#cache.set(key, object)
    for (const index of this.#indexes.values()) index.move(key, previous, object)
    const change: Change<T> = previous ? { type: 'modified', object, previous } : { type: 'added', object }
    for (const handler of this.#handlers) this.#tell(handler, change)
  }

  #remove(object: T): void {
    const key = cacheKey(object.metadata)
    const known = this.#cache.get(key)
    if (!this.#cache.delete(key)) return
    for (const index of this.#indexes.values()) index.move(key, known, undefined)
    for (const handler of this.#handlers) this.#tell(handler, { type: 'deleted', object })
  }

  #tell(handler: ChangeHandler<T>, change: Change<T>): void {
    try {
      handler(change)
    } catch (error) {
      this.#onError(error)
    }
  }
}

/** Something that is waited for before it is known who will bring it. */
function milestone(): { reached: Promise<void>; reach: () => void } {
  let reach = (): void => {}
  const reached = new Promise<void>((resolve) => {
    reach = resolve
  })
  return { reached, reach }
}

/** One informer per query, shared by everyone who asks for it. */
export class InformerSet {
  readonly #client: KubeClient
  readonly #onError: (error: unknown) => void
  readonly #informers = new Map<string, Informer>()

  constructor(client: KubeClient, onError: (error: unknown) => void = () => {}) {
    this.#client = client
    this.#onError = onError
  }

  /** The informer of a query; not started yet when new. */
  for<T extends KubeObject>(query: ListQuery): Informer<T> {
    const key = [query.apiVersion, query.kind, query.namespace, query.labelSelector, query.fieldSelector].join('|')
    let informer = this.#informers.get(key)
    if (!informer) {
      informer = new Informer(this.#client, query, this.#onError)
      this.#informers.set(key, informer)
    }
    return informer as unknown as Informer<T>
  }

  async stop(): Promise<void> {
    await Promise.all([...this.#informers.values()].map((informer) => informer.stop()))
  }
}

const cacheKey = ({ namespace, name }: ObjectKey): string => `${namespace ?? ''}/${name}`
