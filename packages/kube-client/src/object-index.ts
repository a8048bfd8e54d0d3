import type { KubeObject } from '@slipway/kube-objects'

/** Under which values an object is found, such as the uid of its owner. A value twice is the same as once. */
export type ValuesOf<T extends KubeObject> = (object: T) => readonly string[]

/** The objects of a cache by something they have, as client-go's Indexer: who asks for some does not go through all. */
export class ObjectIndex<T extends KubeObject> {
  readonly #valuesOf: ValuesOf<T>
  /** By value, and there by the key of the cache. */
  readonly #members = new Map<string, Map<string, T>>()

  constructor(valuesOf: ValuesOf<T>) {
    this.#valuesOf = valuesOf
  }

  of(value: string): T[] {
    return [...(this.#members.get(value)?.values() ?? [])]
  }

  count(value: string): number {
    return this.#members.get(value)?.size ?? 0
  }

  /** What is at a place in the cache was this and is that; undefined: nothing. */
  move(key: string, before: T | undefined, after: T | undefined): void {
    const values = after ? this.#valuesOf(after) : []
    for (const value of before ? this.#valuesOf(before) : []) if (!values.includes(value)) this.#take(value, key)
    for (const value of values) this.#put(value, key, after as T)
  }

  #put(value: string, key: string, object: T): void {
    const members = this.#members.get(value)
    if (members) members.set(key, object)
    else this.#members.set(value, new Map([[key, object]]))
  }

  #take(value: string, key: string): void {
    const members = this.#members.get(value)
    members?.delete(key)
    if (members?.size === 0) this.#members.delete(value)
  }
}
