import { classOf, describeError, messageOf, TransientError } from '@slipway/errors'
import {
  type Change,
  type Informer,
  type InformerSet,
  isApiError,
  type KubeClient,
  type ListQuery,
} from '@slipway/kube-client'
import { type KubeObject, type ObjectKey, versionOf } from '@slipway/kube-objects'
import { Backoff } from './backoff.ts'
import { nextConditions, reasonOf } from './conditions.ts'
import { EventRecorder } from './events.ts'
import { WorkQueue } from './queue.ts'
import type { ReconcileContext, ReconcileResult, Reconciler } from './reconciler.ts'

/** Where a controller tells what it does. Never given secrets. */
export type Log = (level: 'info' | 'error', message: string, fields?: Record<string, unknown>) => void

/** Other objects whose changes concern objects of the controller's kind. */
export interface Watch<T extends KubeObject = KubeObject> {
  query: ListQuery
  /** The keys of the controller's objects that a change concerns. */
  map: (change: Change<T>) => ObjectKey[]
}

export interface ControllerOptions<T extends KubeObject> {
  /** Also the field manager and the component of events, such as `kustomize-controller`. */
  name: string
  client: KubeClient
  informers: InformerSet
  query: ListQuery
  reconciler: Reconciler<T>
  /** Objects worked on at once. @default 4 */
  workers?: number
  /** Of the objects that wait, those with the highest come first. @default as they came */
  rank?: (object: T) => number
  /** Needed when the reconciler has `finalize`. */
  finalizer?: string
  watches?: Watch[]
  /**
   * `conditions`: this controller writes Ready, Reconciling, Stalled and observedGeneration from the outcome.
   * `own`: the reconciler writes its status itself. @default 'conditions'
   */
  status?: 'conditions' | 'own'
  /**
   * Look at every change, as the controllers of Kubernetes' own kinds do: also at what is being deleted, what has `spec.suspend`, and
   * when somebody else has written the status.
   * @default false: the first is left to finalizers, the second alone, the third is not looked at
   */
  always?: boolean
  /** Which changes of the object itself are worth a look. @default as `always` says */
  concerns?: (change: Change<T>) => boolean
  /** Milliseconds after which an object with a UserError is looked at again without an event. @default 300000 */
  userErrorRecheck?: number
  log?: Log
}

/** Runs one reconciler over all objects of a kind. All policy of retry, status, finalizers and events is here, once. */
export class Controller<T extends KubeObject = KubeObject> {
  readonly name: string
  readonly #options: ControllerOptions<T>
  readonly #queue: WorkQueue
  readonly #backoff = new Backoff()
  readonly #events: EventRecorder
  readonly #objects: Informer<T>
  /** By uid, with the status that was written last, until the watch has brought it: the next look must not go by the one before. */
  readonly #written = new Map<string, T>()
  readonly #log: Log
  readonly #stop = new AbortController()
  readonly #unsubscribe: (() => void)[] = []
  #workers: Promise<void>[] = []

  constructor(options: ControllerOptions<T>) {
    this.name = options.name
    this.#options = options
    this.#log = options.log ?? (() => {})
    this.#objects = options.informers.for<T>(options.query)
    const { rank } = options
    this.#queue = new WorkQueue((key) => {
      const object = rank && this.#objectOf(key)
      return object ? rank(object) : 0
    })
    this.#events = new EventRecorder(options.client, { component: options.name }, (error) =>
      this.#log('error', `event not written: ${messageOf(error)}`),
    )
  }

  /** Resolves when the caches are filled and work has begun. */
  async start(): Promise<void> {
    const isWorthIt = this.#options.always ? isPresent : changesMoreThanStatus
    const concerns = this.#options.concerns ?? isWorthIt
    const watches = (this.#options.watches ?? []).map((watch) => ({
      watch,
      informer: this.#options.informers.for(watch.query),
    }))
    await Promise.all([this.#objects.start(), ...watches.map(({ informer }) => informer.start())])
    this.#unsubscribe.push(
      this.#objects.on((change) => {
        const { uid = '' } = change.object.metadata
        if (change.type === 'deleted' || this.#newest(change.object) === change.object) this.#written.delete(uid)
        if (!concerns(change)) return
        if (changesMoreThanStatus(change)) this.enqueue(change.object.metadata)
        else this.#queue.gather(textOf(change.object.metadata))
      }),
    )
    for (const { watch, informer } of watches) {
      this.#unsubscribe.push(
        informer.on((change) => {
          for (const key of watch.map(change)) this.#queue.gather(textOf(key))
        }),
      )
    }
    this.#workers = Array.from({ length: this.#options.workers ?? 4 }, () => this.#work())
  }

  async stop(): Promise<void> {
    for (const unsubscribe of this.#unsubscribe.splice(0)) unsubscribe()
    this.#stop.abort()
    this.#queue.close()
    await Promise.all(this.#workers)
    await this.#events.flush()
  }

  /** Looks at the object now. Harmless when there is none. */
  enqueue(key: ObjectKey): void {
    this.#queue.add(textOf(key))
  }

  async #work(): Promise<void> {
    for (;;) {
      const key = await this.#queue.take()
      if (key === undefined) return
      let rest = 0
      try {
        rest = restAfter(await this.#process(key))
      } finally {
        this.#queue.done(key, rest)
      }
    }
  }

  async #process(key: string): Promise<ReconcileResult | undefined> {
    const object = this.#objectOf(key)
    if (!object) {
      this.#backoff.reset(key)
      return undefined
    }
    try {
      const result = await this.#run(this.#newest(object))
      this.#backoff.reset(key)
      if (result?.recheckAfter !== undefined) this.#queue.addAfter(key, result.recheckAfter)
      return result
    } catch (error) {
      if (!this.#stop.signal.aborted) this.#queue.addAfter(key, this.#delay(key, error))
      return undefined
    }
  }

  #objectOf(key: string): T | undefined {
    const slash = key.indexOf('/')
    return this.#objects.get({ namespace: key.slice(0, slash), name: key.slice(slash + 1) })
  }

  #newest(object: T): T {
    const written = this.#written.get(object.metadata.uid ?? '')
    return written && versionOf(written) > versionOf(object) ? written : object
  }

  /** Undefined when there was nothing to do: suspended, or gone. */
  async #run(object: T): Promise<ReconcileResult | undefined> {
    const { reconciler, finalizer, always } = this.#options
    const context = this.#context(object)
    if (always) return this.#settle(object, context, () => reconciler.reconcile(object, context))
    if (object.metadata.deletionTimestamp) {
      if (!finalizer || !object.metadata.finalizers?.includes(finalizer)) return undefined
      await this.#settle(object, context, async () => {
        await reconciler.finalize?.(object, context)
        return undefined
      })
      await this.#setFinalizers(
        object,
        object.metadata.finalizers.filter((name) => name !== finalizer),
      )
      return undefined
    }
    if (object.spec?.suspend === true) return undefined
    if (finalizer && !object.metadata.finalizers?.includes(finalizer)) {
      await this.#setFinalizers(object, [...(object.metadata.finalizers ?? []), finalizer])
    }
    return this.#settle(object, context, () => reconciler.reconcile(object, context))
  }

  /** Runs one step and writes what came of it, an error too, which goes on to the caller. */
  async #settle(
    object: T,
    context: ReconcileContext<T>,
    step: () => Promise<ReconcileResult | undefined>,
  ): Promise<ReconcileResult | undefined> {
    try {
      const result = await step()
      if (result) await this.#writeConditions(object, context, result)
      return result
    } catch (error) {
      if (this.#stop.signal.aborted || this.#isNoNews(object, error)) throw error
      this.#log(
        'error',
        `${object.kind}/${object.metadata.namespace ?? ''}/${object.metadata.name}: ${describeError(error)}`,
        {
          controller: this.name,
          ...(classOf(error) === 'bug' && error instanceof Error && { stack: error.stack }),
        },
      )
      if (this.#options.status !== 'own') {
        context.event('Warning', reasonOf(error), describeError(error))
        await this.#writeConditions(object, context, { kind: 'failed', error })
      }
      throw error
    }
  }

  /** A lost race, whose next look sees the winner's object; an object that went meanwhile or was replaced, or goes with its namespace. */
  #isNoNews({ metadata }: T, error: unknown): boolean {
    if (isApiError(error, 'KUBE_CONFLICT') || isApiError(error, 'KUBE_NAMESPACE_TERMINATING')) return true
    const isOfObject = isApiError(error, 'KUBE_NOT_FOUND') || isApiError(error, 'KUBE_INVALID')
    return isOfObject && this.#objects.get(metadata)?.metadata.uid !== metadata.uid
  }

  async #writeConditions(
    object: T,
    context: ReconcileContext<T>,
    outcome: ReconcileResult | { kind: 'failed'; error: unknown },
  ): Promise<void> {
    if (this.#options.status === 'own') return
    // The reconciler may have patched the status meanwhile.
    const current = this.#newest(this.#objects.get(object.metadata) ?? object)
    const conditions = nextConditions({ ...current, metadata: object.metadata }, outcome, timestamp())
    const observedGeneration = object.metadata.generation
    const before = current.status ?? {}
    if (
      JSON.stringify(before.conditions) === JSON.stringify(conditions) &&
      before.observedGeneration === observedGeneration
    ) {
      return
    }
    await context.patchStatus({ conditions, observedGeneration })
  }

  #context(object: T): ReconcileContext<T> {
    const { apiVersion, kind, metadata } = object
    const { name, namespace, uid } = metadata
    const ref = { apiVersion, kind, name, ...(namespace && { namespace }) }
    const options = { subresource: 'status', fieldManager: this.name } as const
    // The uid makes an object of the same name that came after this one refuse: an ended Job would end the next one.
    const of = uid === undefined ? {} : { metadata: { uid } }
    return {
      signal: this.#stop.signal,
      patchStatus: async (status, type = 'merge') => {
        const written = await this.#options.client.patch<T>(ref, type, { ...of, status }, options)
        const isBrought = versionOf(written) <= Number(this.#objects.version ?? 0)
        if (!isBrought) this.#written.set(uid ?? '', written)
        return written
      },
      event: (type, reason, message, about = object) => this.#events.record(about, type, reason, message),
    }
  }

  async #setFinalizers(object: T, finalizers: string[]): Promise<void> {
    const { apiVersion, kind, metadata } = object
    const ref = { apiVersion, kind, name: metadata.name, ...(metadata.namespace && { namespace: metadata.namespace }) }
    try {
      // The resourceVersion keeps two writers of the list apart.
      await this.#options.client.patch(
        ref,
        'merge',
        {
          metadata: {
            finalizers,
            resourceVersion: this.#newest(this.#objects.get(metadata) ?? object).metadata.resourceVersion,
          },
        },
        { fieldManager: this.name },
      )
    } catch (error) {
      if (!isApiError(error, 'KUBE_NOT_FOUND')) throw error
    }
  }

  #delay(key: string, error: unknown): number {
    if (error instanceof TransientError && error.retryAfter !== undefined) return error.retryAfter
    if (classOf(error) === 'user') {
      this.#backoff.reset(key)
      return this.#options.userErrorRecheck ?? 300_000
    }
    return this.#backoff.next(key)
  }
}

/** So many objects are looked at in no time. */
const FEW = 100
/** Milliseconds for each: some ten times as long as the look at it takes. Kubernetes' Job controller waits for a second. */
const REST = 0.1

const restAfter = ({ lookedAt = 0 }: { lookedAt?: number } = {}): number => (lookedAt > FEW ? lookedAt * REST : 0)

const textOf = ({ namespace, name }: ObjectKey): string => `${namespace ?? ''}/${name}`

const isPresent = ({ type }: Change<KubeObject>): boolean => type !== 'deleted'

/** Whether a change is one of more than the status: generation, labels, annotations, deletion, or kinds without a generation. */
export function changesMoreThanStatus({ type, object, previous }: Change<KubeObject>): boolean {
  if (type !== 'modified' || !previous) return type !== 'deleted'
  const { generation } = object.metadata
  if (generation === undefined || generation !== previous.metadata.generation) return true
  const relevant = ({ metadata }: KubeObject): string =>
    JSON.stringify([metadata.labels, metadata.annotations, metadata.deletionTimestamp, metadata.finalizers])
  return relevant(object) !== relevant(previous)
}

function timestamp(): string {
  return new Date().toISOString().replace(/\.\d+Z$/, 'Z')
}
