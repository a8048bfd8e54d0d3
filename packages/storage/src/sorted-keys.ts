const CHUNK = 512

/** Distinct strings in code-unit order, in chunks, so that adding one among many thousands moves only a few hundred. */
export class SortedKeys {
  #chunks: string[][] = []

  add(key: string): void {
    if (this.#chunks.length === 0) {
      this.#chunks.push([key])
      return
    }
    const at = Math.min(this.#chunkOf(key), this.#chunks.length - 1)
    const chunk = this.#chunks[at] as string[]
    chunk.splice(lowerBound(chunk, key), 0, key)
    if (chunk.length > CHUNK) this.#chunks.splice(at + 1, 0, chunk.splice(CHUNK / 2))
  }

  remove(key: string): void {
    const at = this.#chunkOf(key)
    const chunk = this.#chunks[at]
    if (!chunk) return
    const index = lowerBound(chunk, key)
    if (chunk[index] !== key) return
    chunk.splice(index, 1)
    if (chunk.length === 0) this.#chunks.splice(at, 1)
  }

  /** The keys that start with `prefix` and come after `after` (exclusive), in order. */
  *range(prefix: string, after = ''): Generator<string> {
    const start = after > prefix ? after : prefix
    for (let at = this.#chunkOf(start); at < this.#chunks.length; at++) {
      const chunk = this.#chunks[at] as string[]
      for (let index = lowerBound(chunk, start); index < chunk.length; index++) {
        const key = chunk[index] as string
        if (!key.startsWith(prefix)) return
        if (key !== after) yield key
      }
    }
  }

  /** How many keys start with `prefix` and come after `after` (exclusive). */
  count(prefix: string, after = ''): number {
    const start = after >= prefix ? this.#rank(after, true) : this.#rank(prefix, false)
    // No key holds the last code unit, so this is behind every key with the prefix.
    return Math.max(0, this.#rank(`${prefix}\uffff`, false) - start)
  }

  /** How many keys come before `key`, it itself included or not. */
  #rank(key: string, inclusive: boolean): number {
    const at = this.#chunkOf(key)
    let rank = 0
    for (let index = 0; index < at; index++) rank += this.#chunks[index]?.length ?? 0
    const chunk = this.#chunks[at] ?? []
    const index = lowerBound(chunk, key)
    return rank + index + (inclusive && chunk[index] === key ? 1 : 0)
  }

  /** The first chunk whose last key is not before `key`. */
  #chunkOf(key: string): number {
    let low = 0
    let high = this.#chunks.length
    while (low < high) {
      const middle = (low + high) >> 1
      if ((this.#chunks[middle]?.at(-1) ?? '') < key) low = middle + 1
      else high = middle
    }
    return low
  }
}

function lowerBound(sorted: string[], key: string): number {
  let low = 0
  let high = sorted.length
  while (low < high) {
    const middle = (low + high) >> 1
    if ((sorted[middle] as string) < key) low = middle + 1
    else high = middle
  }
  return low
}
