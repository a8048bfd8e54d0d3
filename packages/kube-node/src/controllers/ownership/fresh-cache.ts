import type { Informer, ValuesOf } from '@slipway/kube-client'
import { type KubeObject, type LabelRequirement, matchesLabels, type ObjectKey, versionOf } from '@slipway/kube-objects'
import { byLabel, byManager, freeIn, narrowest } from '../../indexes.ts'
import { timestamp } from '../clock.ts'

/**
 * An informer's objects, corrected by what this process has written and the watch has not brought yet. Without it a controller
 * that looks again at once would create the same pods a second time.
 */
export class FreshCache<T extends KubeObject> {
  readonly #informer: Informer<T>
  /** By uid, in the order of the answers. */
  readonly #written = new Map<string, T>()
  /** When those were told to go that the watch still has without that. */
  readonly #deleted = new Map<string, string>()

  constructor(informer: Informer<T>) {
    this.#informer = informer
    informer.on(({ type, object }) => {
      const uid = uidOf(object)
      if (type === 'deleted' || object.metadata.deletionTimestamp) this.#deleted.delete(uid)
      const written = this.#written.get(uid)
      if (written && versionOf(written) <= versionOf(object)) this.#written.delete(uid)
    })
  }

  list(): T[] {
    return this.#fresh(this.#informer.list(), () => true)
  }

  get(key: ObjectKey): T | undefined {
    const isMeant = ({ metadata }: T): boolean => metadata.name === key.name && metadata.namespace === key.namespace
    const brought = this.#informer.get(key)
    return this.#fresh(brought ? [brought] : [], isMeant).at(-1)
  }

  /** Those of one value of an index. */
  by(valuesOf: ValuesOf<T>, value: string): T[] {
    return this.#fresh(this.#informer.index(valuesOf).of(value), (object) => valuesOf(object).includes(value))
  }

  /** Those that `owner` manages. */
  ownedBy(owner: KubeObject): T[] {
    return this.by(byManager, owner.metadata.uid ?? '')
  }

  /** Those that `owner` manages, and those beside it that nobody does. */
  claimableBy(owner: KubeObject): T[] {
    return [...this.ownedBy(owner), ...this.by(byManager, freeIn(owner.metadata.namespace))]
  }

  /** Those of a namespace that have such labels. */
  selectedBy(namespace: string | undefined, requirements: LabelRequirement[]): T[] {
    const value = narrowest(this.#informer.index(byLabel), namespace, requirements)
    return this.by(byLabel, value).filter(({ metadata }) => matchesLabels(metadata.labels, requirements))
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
    if (this.#written.has(uid) || this.#brought(object)) this.#deleted.set(uid, timestamp())
  }

  /** What the watch has brought of those that are meant, corrected. */
  #fresh(brought: T[], isMeant: (object: T) => boolean): T[] {
    this.#forgetPast()
    if (this.#written.size === 0 && this.#deleted.size === 0) return brought
    const objects: T[] = []
    for (const object of brought) {
      const newest = this.newest(object)
      if (newest === object || isMeant(newest)) objects.push(this.#leaving(newest))
    }
    for (const object of this.#written.values()) {
      if (this.#isPast(object) || !isMeant(object)) continue
      const before = this.#brought(object)
      if (!before || !isMeant(before)) objects.push(this.#leaving(object))
    }
    return objects
  }

  /** The object as the watch has brought it, not another one of its name. */
  #brought(object: T): T | undefined {
    const cached = this.#informer.get(object.metadata)
    return cached && uidOf(cached) === uidOf(object) ? cached : undefined
  }

  /** Whether the watch has come by: it has the object as it was written, or newer, or knows that it is gone. */
  #isPast(object: T): boolean {
    return versionOf(object) <= Number(this.#informer.version ?? 0)
  }

  /** Of what the watch never brought, for it went at once; the first are past first, or nearly so. */
  #forgetPast(): void {
    for (const [uid, object] of this.#written) {
      if (!this.#isPast(object)) return
      this.#written.delete(uid)
      if (!this.#brought(object)) this.#deleted.delete(uid)
    }
  }

  #leaving(object: T): T {
    const deletionTimestamp = this.#deleted.get(uidOf(object))
    if (!deletionTimestamp || object.metadata.deletionTimestamp) return object
    return { ...object, metadata: { ...object.metadata, deletionTimestamp } }
  }
}

const uidOf = (object: KubeObject): string => object.metadata.uid ?? ''
