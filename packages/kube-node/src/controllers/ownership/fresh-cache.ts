import type { Informer } from '@slipway/kube-client'
import { type KubeObject, versionOf } from '@slipway/kube-objects'
import { controllerOf } from '../../labels.ts'
import { timestamp } from '../clock.ts'

/**
 * An informer's objects, corrected by what this process has written and the watch has not brought yet. Without it a controller
 * that looks again at once would create the same pods a second time.
 */
export class FreshCache<T extends KubeObject> {
  readonly #informer: Informer<T>
  readonly #written = new Map<string, T>()
  /** When those were told to go that the watch still has without that. */
  readonly #deleted = new Map<string, string>()
  /** What the watch has brought, by its uid, for each who manages some; for each namespace those that nobody does. */
  readonly #groups = new Map<string, Map<string, T>>()
  readonly #groupNames = new Map<string, string>()

  constructor(informer: Informer<T>) {
    this.#informer = informer
    informer.on(({ type, object }) => {
      if (type === 'deleted' || object.metadata.deletionTimestamp) this.#deleted.delete(uidOf(object))
      this.#sort(object, type === 'deleted' ? undefined : groupOf(object))
    })
  }

  list(): T[] {
    return this.#fresh(this.#informer.list())
  }

  /** Those that `owner` manages. */
  ownedBy(owner: KubeObject): T[] {
    const { uid = '' } = owner.metadata
    return this.#fresh([...(this.#groups.get(uid)?.values() ?? [])]).filter((object) => groupOf(object) === uid)
  }

  /** Those that `owner` manages, and those beside it that nobody does. */
  claimableBy({ metadata: { uid = '', namespace } }: KubeObject): T[] {
    const free = freeIn(namespace)
    const groups = [uid, free].flatMap((group) => [...(this.#groups.get(group)?.values() ?? [])])
    return this.#fresh(groups).filter((object) => [uid, free].includes(groupOf(object)))
  }

  /** An object as this process wrote it last, if it is not newer itself. */
  newest(object: T): T {
    const written = this.#written.get(uidOf(object))
    return written && versionOf(written) > versionOf(object) ? written : object
  }

  /** Remember what a write answered. */
  wrote(object: T): T {
    if (!this.#isPast(object)) this.#written.set(uidOf(object), object)
    return object
  }

  /** Remember that this one was told to go; until it is gone it counts as one that is being deleted. */
  deleted(object: T): void {
    const uid = uidOf(object)
    const cached = this.#informer.get(object.metadata)
    if (this.#written.has(uid) || (cached && uidOf(cached) === uid)) this.#deleted.set(uid, timestamp())
  }

  #fresh(brought: T[]): T[] {
    const objects = brought.map((object) => this.newest(object))
    const known = new Set(objects.map(uidOf))
    for (const [uid, object] of this.#written) {
      if (this.#isPast(object)) this.#forget(uid)
      else if (!known.has(uid)) objects.push(object)
    }
    return objects.map((object) => this.#leaving(object))
  }

  #sort(object: T, group: string | undefined): void {
    const uid = uidOf(object)
    const before = this.#groupNames.get(uid)
    if (before !== undefined && before !== group) {
      this.#groups.get(before)?.delete(uid)
      if (this.#groups.get(before)?.size === 0) this.#groups.delete(before)
      this.#groupNames.delete(uid)
    }
    if (group === undefined) return
    const members = this.#groups.get(group) ?? new Map<string, T>()
    this.#groups.set(group, members.set(uid, object))
    this.#groupNames.set(uid, group)
  }

  /** Whether the watch has come by: it has the object as it was written, or newer, or knows that it is gone. */
  #isPast(object: T): boolean {
    return versionOf(object) <= Number(this.#informer.version ?? 0)
  }

  #forget(uid: string): void {
    const written = this.#written.get(uid)
    this.#written.delete(uid)
    const cached = written && this.#informer.get(written.metadata)
    if (!cached || uidOf(cached) !== uid) this.#deleted.delete(uid)
  }

  #leaving(object: T): T {
    const deletionTimestamp = this.#deleted.get(uidOf(object))
    if (!deletionTimestamp || object.metadata.deletionTimestamp) return object
    return { ...object, metadata: { ...object.metadata, deletionTimestamp } }
  }
}

const uidOf = (object: KubeObject): string => object.metadata.uid ?? ''

const freeIn = (namespace: string | undefined): string => `in ${namespace ?? ''}`

const groupOf = (object: KubeObject): string => controllerOf(object)?.uid ?? freeIn(object.metadata.namespace)
