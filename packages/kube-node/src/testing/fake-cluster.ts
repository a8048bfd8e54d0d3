import { randomUUID } from 'node:crypto'
import { UserError } from '@slipway/errors'
import type { Impersonation, KubeClient, ListQuery, ObjectRef, WatchEvent } from '@slipway/kube-client'
import { type KubeObject, mergePatch, schemaFor, strategicMergePatch, withoutNulls } from '@slipway/kube-objects'

interface Store {
  objects: Map<string, KubeObject>
  log: { version: number; event: WatchEvent }[]
  wake: Set<() => void>
}

/** A Kubernetes API in memory, as far as the node and its controllers use one: no validation, no defaults. */
export class FakeCluster {
  readonly #kinds = new Map<string, Store>()
  #version = 0

  /** The fake behind the client's type. */
  client(): KubeClient {
    return this as unknown as KubeClient
  }

  /** Who made what, by kind and name. */
  readonly makers = new Map<string, string>()

  as({ user }: Impersonation): KubeClient {
    const create = async (object: KubeObject): Promise<KubeObject> => {
      const made = await this.create(object)
      this.makers.set(`${made.kind} ${made.metadata.name}`, user)
      return made
    }
    const get = (cluster: FakeCluster, name: string): unknown => {
      const value: unknown = name === 'create' ? create : Reflect.get(cluster, name)
      return typeof value === 'function' ? value.bind(cluster) : value
    }
    return new Proxy<FakeCluster>(this, { get: (cluster, name) => get(cluster, String(name)) }) as unknown as KubeClient
  }

  async get(ref: ObjectRef): Promise<KubeObject | undefined> {
    return structuredClone(this.#store(ref).objects.get(keyOf(ref)))
  }

  async list(query: ListQuery): Promise<{ items: KubeObject[]; resourceVersion: string }> {
    const items = [...this.#store(query).objects.values()].filter((object) => within(query, object))
    return { items: structuredClone(items), resourceVersion: String(this.#version) }
  }

  async create(object: KubeObject): Promise<KubeObject> {
    if (object.kind === 'Binding') return this.#bind(object)
    const store = this.#store(object)
    const key = keyOf({ ...object.metadata })
    if (store.objects.has(key)) throw new UserError('KUBE_ALREADY_EXISTS', `${object.kind} "${key}" already exists`)
    const created: KubeObject = {
      ...structuredClone(object),
      metadata: {
        uid: randomUUID(),
        creationTimestamp: new Date().toISOString(),
        generation: 1,
        ...structuredClone(object.metadata),
      },
    }
    return this.#put(store, key, created, 'ADDED')
  }

  async replace(object: KubeObject): Promise<KubeObject> {
    const store = this.#store(object)
    const key = keyOf({ ...object.metadata })
    if (!store.objects.has(key)) throw new UserError('KUBE_NOT_FOUND', `${object.kind} "${key}" not found`)
    return this.#put(store, key, structuredClone(object), 'MODIFIED')
  }

  async patch(ref: ObjectRef, type: string, patch: Record<string, unknown>): Promise<KubeObject> {
    const store = this.#store(ref)
    const current = store.objects.get(keyOf(ref))
    if (!current) throw new UserError('KUBE_NOT_FOUND', `${ref.kind} "${ref.name}" not found`)
    const { uid } = (patch.metadata ?? {}) as { uid?: string }
    if (uid !== undefined && uid !== current.metadata.uid) {
      throw new UserError('KUBE_INVALID', `${ref.kind} "${ref.name}" is invalid: metadata.uid: field is immutable`)
    }
    const next: KubeObject =
      type === 'strategic'
        ? // Its types know no null.
          withoutNulls(strategicMergePatch(current, patch, schemaFor(ref)))
        : (mergePatch(current, patch) as KubeObject)
    if (JSON.stringify(next) === JSON.stringify(current)) return structuredClone(current)
    const changed = JSON.stringify(next.spec) !== JSON.stringify(current.spec)
    if (changed) next.metadata.generation = (current.metadata.generation ?? 1) + 1
    return this.#put(store, keyOf(ref), next, 'MODIFIED')
  }

  async delete(ref: ObjectRef, options: { gracePeriodSeconds?: number } = {}): Promise<boolean> {
    const store = this.#store(ref)
    const current = store.objects.get(keyOf(ref))
    if (!current) return false
    const graceful = ref.kind === 'Pod' && current.spec.nodeName && options.gracePeriodSeconds !== 0
    if (graceful) {
      if (current.metadata.deletionTimestamp) return true
      const seconds = options.gracePeriodSeconds ?? current.spec.terminationGracePeriodSeconds ?? 30
      await this.patch(ref, 'merge', {
        metadata: { deletionTimestamp: new Date().toISOString(), deletionGracePeriodSeconds: seconds },
      })
      return true
    }
    store.objects.delete(keyOf(ref))
    this.#tell(store, {
      type: 'DELETED',
      object: { ...current, metadata: { ...current.metadata, resourceVersion: String(++this.#version) } },
    })
    await this.#collect(current.metadata.uid ?? '')
    return true
  }

  async *watch(query: ListQuery & { resourceVersion: string }, signal: AbortSignal): AsyncGenerator<WatchEvent> {
    const store = this.#store(query)
    let seen = Number(query.resourceVersion)
    while (!signal.aborted) {
      for (const { version, event } of store.log.filter((entry) => entry.version > seen)) {
        seen = version
        if (within(query, event.object)) yield structuredClone(event)
      }
      await new Promise<void>((resolve) => {
        const done = (): void => {
          store.wake.delete(done)
          signal.removeEventListener('abort', done)
          resolve()
        }
        if ((store.log.at(-1)?.version ?? 0) > seen) return resolve()
        store.wake.add(done)
        signal.addEventListener('abort', done)
      })
    }
  }

  /** Resolves as soon as an object satisfies the test. */
  async until(
    ref: ObjectRef,
    test: (object: KubeObject | undefined) => boolean,
    timeout = 15_000,
  ): Promise<KubeObject | undefined> {
    const store = this.#store(ref)
    const signal = AbortSignal.timeout(timeout)
    for (;;) {
      const object = store.objects.get(keyOf(ref))
      if (test(object)) return structuredClone(object)
      await new Promise<void>((resolve, reject) => {
        const late = (): void => reject(new Error(`timeout; last seen: ${JSON.stringify(object?.status, null, 1)}`))
        const wake = (): void => {
          store.wake.delete(wake)
          signal.removeEventListener('abort', late)
          resolve()
        }
        store.wake.add(wake)
        signal.addEventListener('abort', late)
      })
    }
  }

  async #bind(binding: KubeObject): Promise<KubeObject> {
    const ref = {
      apiVersion: 'v1',
      kind: 'Pod',
      name: binding.metadata.name,
      namespace: binding.metadata.namespace ?? 'default',
    }
    await this.patch(ref, 'merge', { spec: { nodeName: binding.target.name } })
    return binding
  }

  /** The garbage collector: dependents go with their owner. */
  async #collect(uid: string): Promise<void> {
    for (const { objects } of this.#kinds.values()) {
      for (const { apiVersion, kind, metadata } of [...objects.values()]) {
        if (!metadata.ownerReferences?.some((owner) => owner.uid === uid)) continue
        await this.delete({
          apiVersion,
          kind,
          name: metadata.name,
          ...(metadata.namespace && { namespace: metadata.namespace }),
        })
      }
    }
  }

  #put(store: Store, key: string, object: KubeObject, type: 'ADDED' | 'MODIFIED'): KubeObject {
    object.metadata.resourceVersion = String(++this.#version)
    store.objects.set(key, object)
    this.#tell(store, { type, object })
    return structuredClone(object)
  }

  #tell(store: Store, event: WatchEvent): void {
    store.log.push({ version: this.#version, event: structuredClone(event) })
    for (const wake of [...store.wake]) wake()
  }

  #store({ apiVersion, kind }: { apiVersion: string; kind: string }): Store {
    const key = `${apiVersion} ${kind}`
    const store = this.#kinds.get(key) ?? { objects: new Map(), log: [], wake: new Set() }
    this.#kinds.set(key, store)
    return store
  }
}

const CLUSTER_SCOPED = new Set(['Node', 'Namespace'])

function keyOf({ namespace, name, kind }: { namespace?: string; name: string; kind?: string }): string {
  return kind && CLUSTER_SCOPED.has(kind) ? name : `${namespace ?? ''}/${name}`.replace(/^\//, '')
}

const within = (query: ListQuery, { metadata }: KubeObject): boolean =>
  !query.namespace || metadata.namespace === query.namespace
