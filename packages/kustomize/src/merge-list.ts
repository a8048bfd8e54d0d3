import { KustomizeError } from './fault.ts'
import { isMap, isNull, kindOf, textOf } from './values.ts'

/** Merges two items of lists. */
type MergeItems = (target: unknown, patch: unknown) => unknown

/**
 * Merges lists whose items are told apart by keys, or by themselves, as kyaml's walkAssociativeSequence: the patch's items come
 * first. Both lists may be changed.
 */
export function mergeLists(
  base: unknown[],
  patch: unknown[] | undefined,
  keys: readonly string[] | undefined,
  mergeItems: MergeItems,
): unknown[] | undefined {
  return new ListMerge(base, patch, mergeItems).merged(keys && keys.length > 0 ? [...keys] : [''])
}

class ListMerge {
  readonly #base: unknown[]
  readonly #patch: unknown[] | undefined
  readonly #mergeItems: MergeItems
  readonly #inBase = new ItemIndex()
  readonly #inPatch = new ItemIndex()

  constructor(base: unknown[], patch: unknown[] | undefined, mergeItems: MergeItems) {
    this.#base = base
    this.#patch = patch
    this.#mergeItems = mergeItems
  }

  merged(keys: string[]): unknown[] | undefined {
    const identities = this.#identities(keys)
    if (keys.length > 1) fillGaps(identities)
    const known = new Set(keys.filter((_, index) => identities.some((values) => values[index] !== '')))
    const inUse = keys.filter((key) => known.size === 0 || known.has(key))
    const items = new KeyedList(inUse)
    for (const identity of identities) {
      const values = identity.filter((_, index) => known.size === 0 || known.has(keys[index] ?? ''))
      this.#mergeItem(inUse, values, items)
    }
    if (identities.length === 0) return this.#base
    for (const item of this.#base) items.append(item)
    return items.list
  }

  #mergeItem(keys: string[], values: string[], items: KeyedList): void {
    const [searched, wanted] = nonEmpty(keys, values)
    const merged = this.#mergeItems(
      this.#inBase.find(this.#base, searched, wanted),
      this.#inPatch.find(this.#patch, searched, wanted),
    )
    if (isNull(merged) || (isMap(merged) && Object.keys(merged).length === 0)) {
      removeItems(this.#base, keys, values)
      this.#inBase.forget()
      return
    }
    if (isMap(merged) && keys[0] !== '') {
      for (const [index, key] of keys.entries()) {
        if (!(key in merged) && values[index] !== '') merged[key] = values[index]
      }
    }
    items.set(merged, values)
  }

  /** What tells items apart, each once, the patch's first. */
  #identities(keys: string[]): string[][] {
    const seen = new Map<string, string[]>()
    for (const item of [...(this.#patch ?? []), ...this.#base]) {
      const values = keys.map((key) => (key === '' ? textOf(item) : isMap(item) ? textOf(item[key]) : ''))
      const id = values.join('\0')
      if (!seen.has(id)) seen.set(id, values)
    }
    return [...seen.values()]
  }
}

/** Items that differ only in that one lacks a key, such as a port's protocol, count as one (mergeValues). */
function fillGaps(identities: string[][]): void {
  const incomplete = identities.map((values) => values.includes(''))
  if (!incomplete.includes(true)) return
  const all = placesOf(identities, () => true)
  const gaps = placesOf(identities, (index) => incomplete[index] === true)
  // What has no value at all lacks the same keys as any other that is incomplete.
  const blank = identities.findIndex((values) => values.every((value) => value === ''))
  const open = [...incomplete.keys()].filter((index) => blank >= 0 && incomplete[index])
  for (const [i, values] of identities.entries()) {
    const isOpen = values.includes('')
    const sharing = values.flatMap((value, at) => (isOpen ? all : gaps).get(`${at}\0${value}`) ?? [])
    if (i === blank) sharing.push(...open)
    else if (isOpen && blank >= 0) sharing.push(blank)
    for (const j of [...new Set(sharing)].sort((a, b) => a - b)) {
      const both = matched(identities[i] ?? [], identities[j] ?? [])
      if (both) {
        identities[i] = both
        identities[j] = both
      }
    }
  }
}

/** Which identities have a value for a key; only those that share one can be the same item. */
function placesOf(identities: readonly string[][], isWanted: (index: number) => boolean): Map<string, number[]> {
  const places = new Map<string, number[]>()
  for (const [index, values] of identities.entries()) {
    for (const [at, value] of isWanted(index) ? values.entries() : []) {
      if (value === '') continue
      const key = `${at}\0${value}`
      const same = places.get(key)
      if (same) same.push(index)
      else places.set(key, [index])
    }
  }
  return places
}

function matched(a: string[], b: string[]): string[] | undefined {
  let hasCommon = false
  const both: string[] = []
  for (const [index, left] of a.entries()) {
    const right = b[index] ?? ''
    if (left === right) hasCommon = true
    else if (left !== '' && right !== '') return undefined
    both.push(left || right)
  }
  return hasCommon ? both : undefined
}

/** The keys that have a value; all, if none has. */
function nonEmpty(keys: string[], values: string[]): [string[], string[]] {
  const used = keys.map((_, index) => values[index] !== '')
  if (!used.includes(true)) return [keys, values]
  return [keys.filter((_, index) => used[index]), values.filter((_, index) => used[index])]
}

/** Finds items by the values of keys, each the first that has them. Long lists make it pay. */
class ItemIndex {
  readonly #byKeys = new Map<string, Map<string, unknown>>()

  find(list: unknown[] | undefined, keys: readonly string[], values: readonly string[]): unknown {
    if (!list) return undefined
    const name = keys.join('\0')
    let items = this.#byKeys.get(name)
    if (!items) {
      items = new Map()
      for (const item of list) {
        const own = valuesOf(item, keys)
        if (own !== undefined && !items.has(own)) items.set(own, item)
      }
      this.#byKeys.set(name, items)
    }
    return items.get(values.join('\0'))
  }

  /** To be called when the list has changed. */
  forget(): void {
    this.#byKeys.clear()
  }
}

/** Undefined for an item that lacks a key. */
function valuesOf(item: unknown, keys: readonly string[]): string | undefined {
  if (keys[0] === '') return textOf(item)
  if (!isMap(item) || !keys.every((key) => key in item)) return undefined
  return keys.map((key) => textOf(item[key])).join('\0')
}

const isNothing = (item: unknown): boolean => isNull(item) || (isMap(item) && Object.keys(item).length === 0)

/** As kyaml's ElementSetter looks for an item: an empty value stands for any, and without values there is none. */
function isLike(item: unknown, keys: readonly string[], values: readonly string[]): boolean {
  if (keys[0] === '') return kindOf(item) === 'scalar' && textOf(item) === values[0]
  if (!isMap(item) || values.length === 0) return false
  return values.every((value, index) => {
    const key = keys[index] ?? ''
    return key in item && (value === '' || textOf(item[key]) === value)
  })
}

function removeItems(list: unknown[], keys: readonly string[], values: readonly string[]): void {
  const kept = list.filter((item) => !isNothing(item) && !isLike(item, keys, values))
  list.splice(0, list.length, ...kept)
}

/** The list that grows. An item takes the place of one with the same keys; what has none of them drops all others (sic). */
class KeyedList {
  readonly #keys: readonly string[]
  readonly #places = new Map<string, number>()
  #items: unknown[] = []
  #work = 0

  constructor(keys: readonly string[]) {
    this.#keys = keys
  }

  get list(): unknown[] {
    return this.#items.filter((item) => item !== GONE)
  }

  set(item: unknown, values: readonly string[]): void {
    const id = values.join('\0')
    const place = this.#places.get(id)
    if (place !== undefined) this.#items[place] = item
    else if (this.#isComplete(values)) this.#push(item, id)
    else this.#replaceLike(item, values)
  }

  /** Puts in an item of the target. With several keys it comes behind what is new. */
  append(item: unknown): void {
    const keys = this.#keys
    if (keys[0] === '') {
      this.set(item, [textOf(item)])
      return
    }
    const values: string[] = []
    for (const key of keys) {
      if (isMap(item) && key in item) values.push(textOf(item[key]))
      else this.#push(item, undefined)
    }
    if (keys.length > 1) this.#remove(values)
    this.set(item, values)
  }

  #isComplete(values: readonly string[]): boolean {
    return this.#keys[0] === '' || (values.length === this.#keys.length && !values.includes(''))
  }

  #push(item: unknown, id: string | undefined): void {
    if (id !== undefined) this.#places.set(id, this.#items.length)
    this.#items.push(item)
  }

  #remove(values: readonly string[]): void {
    const id = values.join('\0')
    const place = this.#places.get(id)
    if (place !== undefined) {
      this.#items[place] = GONE
      this.#places.delete(id)
    } else if (!this.#isComplete(values)) this.#rebuild(values, undefined)
  }

  #replaceLike(item: unknown, values: readonly string[]): void {
    if (!this.#rebuild(values, item)) this.#items.push(item)
  }

  /** Replaces or removes all items that are like the values; whether there was one. */
  #rebuild(values: readonly string[], item: unknown): boolean {
    let isFound = false
    this.#work += this.#items.length
    if (this.#work > MAX_WORK)
      throw new KustomizeError('KUSTOMIZE_INVALID', 'a list is too long to be merged by keys that its items lack')
    this.#items = this.list
      .filter((other) => !isNothing(other))
      .flatMap((other) => {
        if (!isLike(other, this.#keys, values)) return values.length > 0 ? [other] : []
        isFound = true
        return item === undefined ? [] : [item]
      })
    this.#places.clear()
    for (const [index, other] of this.#items.entries()) {
      const texts = this.#keys.map((key) => (isMap(other) ? textOf(other[key]) : ''))
      if (!texts.includes('')) this.#places.set(texts.join('\0'), index)
    }
    return isFound
  }
}

/** Items that are looked at again for others that lack a key: each of them goes through all, as in kyaml. */
const MAX_WORK = 10_000_000

const GONE = Symbol('an item that was removed')
