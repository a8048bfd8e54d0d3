import type { Informer } from '@slipway/kube-client'
import type { KubeObject } from '@slipway/kube-objects'
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
  /** The last objects that the watch told to be gone: the answer to a write of one may come after that. */
  readonly #gone = new Set<string>()

  constructor(informer: Informer<T>) {
    this.#informer = informer
    informer.on(({ type, object }) => {
      const uid = uidOf(object)
      if (type === 'deleted') {
        this.#written.delete(uid)
        this.#deleted.delete(uid)
        this.#bury(uid)
        return
      }
      if (object.metadata.deletionTimestamp) this.#deleted.delete(uid)
      const written = this.#written.get(uid)
      if (written && versionOf(object) >= versionOf(written)) this.#written.delete(uid)
    })
  }

  list(): T[] {
    const objects = this.#informer.list().map((object) => this.newest(object))
    const known = new Set(objects.map(uidOf))
    for (const [uid, object] of this.#written) if (!known.has(uid)) objects.push(object)
    return objects.map((object) => this.#leaving(object))
  }

  /** Those that `owner` manages. */
  ownedBy(owner: KubeObject): T[] {
    return this.list().filter((object) => controllerOf(object)?.uid === owner.metadata.uid)
  }

  /** An object as this process wrote it last, if it is not newer itself. */
  newest(object: T): T {
    const written = this.#written.get(uidOf(object))
    return written && versionOf(written) > versionOf(object) ? written : object
  }

  /** Remember what a write answered. */
  wrote(object: T): T {
    const cached = this.#informer.get(object.metadata)
    if (this.#gone.has(uidOf(object))) return object
    if (!cached || uidOf(cached) !== uidOf(object) || versionOf(cached) < versionOf(object)) {
      this.#written.set(uidOf(object), object)
    }
    return object
  }

  /** Remember that this one was told to go; until it is gone it counts as one that is being deleted. */
  deleted(object: T): void {
    if (!this.#gone.has(uidOf(object))) this.#deleted.set(uidOf(object), timestamp())
  }

  #leaving(object: T): T {
    const deletionTimestamp = this.#deleted.get(uidOf(object))
    if (!deletionTimestamp || object.metadata.deletionTimestamp) return object
    return { ...object, metadata: { ...object.metadata, deletionTimestamp } }
  }

  #bury(uid: string): void {
    this.#gone.add(uid)
    const [oldest] = this.#gone
    if (this.#gone.size > MOST_GONE && oldest !== undefined) this.#gone.delete(oldest)
  }
}

const MOST_GONE = 1_000

const uidOf = (object: KubeObject): string => object.metadata.uid ?? ''

/** etcd's revisions are integers, which clients may compare since Kubernetes 1.35 (KEP-5504). */
const versionOf = (object: KubeObject): number => Number(object.metadata.resourceVersion ?? 0)
