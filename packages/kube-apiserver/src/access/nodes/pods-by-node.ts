import type { KubeObject } from '@slipway/kube-objects'
import type { Entry, RevisionStore } from '@slipway/storage'
import { viewEntry } from '../../storage/codec.ts'
import { prefixOf } from '../../storage/keys.ts'

const PODS = prefixOf({ group: '', plural: 'pods', namespaced: true })

/** The pods of each node: a node asks several times for each of its pods. Kept from the first question on, as nobody else pays for it. */
export class PodsByNode {
  readonly #store: RevisionStore
  #isKept = false
  /** Keys of pods by their node. */
  readonly #keys = new Map<string, Set<string>>()
  readonly #nodes = new Map<string, string>()

  constructor(store: RevisionStore) {
    this.#store = store
  }

  of(node: string): Readonly<KubeObject>[] {
    if (!this.#isKept) this.#keep()
    return [...(this.#keys.get(node) ?? [])].flatMap((key) => {
      const entry = this.#store.get(key)
      return entry ? [viewEntry(entry)] : []
    })
  }

  #keep(): void {
    this.#isKept = true
    const { entries, revision } = this.#store.list(PODS)
    for (const entry of entries) this.#take(entry)
    this.#store.watch(PODS, revision, ({ type, entry }) => (type === 'put' ? this.#take(entry) : this.#drop(entry.key)))
  }

  /** A pod never leaves its node, so that only the first look at one that has one needs to read it. */
  #take(entry: Entry): void {
    const { key, value } = entry
    if (this.#nodes.has(key) || !value.includes('"nodeName":"')) return
    const node = viewEntry(entry).spec?.nodeName
    if (!node) return
    this.#nodes.set(key, node)
    this.#keys.set(node, (this.#keys.get(node) ?? new Set()).add(key))
  }

  #drop(key: string): void {
    const node = this.#nodes.get(key) ?? ''
    this.#nodes.delete(key)
    const keys = this.#keys.get(node)
    keys?.delete(key)
    if (keys?.size === 0) this.#keys.delete(node)
  }
}
