/** Items of a block that is split in two. */
const LARGEST = 128

export interface Block<T, Made> {
  readonly items: T[]
  /** What was made of the items; gone when they change. */
  made: Made | undefined
}

/** Items in order, in blocks: where one of ten thousand changes, what was made of the others holds. */
export class SortedBlocks<T, Made> {
  readonly blocks: Block<T, Made>[] = []
  readonly #compare: (a: T, b: T) => number

  constructor(compare: (a: T, b: T) => number) {
    this.#compare = compare
  }

  *[Symbol.iterator](): Iterator<T> {
    for (const { items } of this.blocks) yield* items
  }

  /** Behind those that it is equal to. */
  add(item: T): void {
    const at = Math.max(0, firstFalse(this.blocks, ({ items: [first] }) => this.#compare(first as T, item) <= 0) - 1)
    const block = this.blocks[at]
    if (!block) {
      this.blocks.push({ items: [item], made: undefined })
      return
    }
    const { items } = block
    items.splice(
      firstFalse(items, (other) => this.#compare(other, item) <= 0),
      0,
      item,
    )
    block.made = undefined
    if (items.length > LARGEST) this.blocks.splice(at + 1, 0, { items: items.splice(LARGEST / 2), made: undefined })
  }

  /** Takes an item out, if it is there. */
  remove(item: T): void {
    const from = firstFalse(this.blocks, ({ items }) => this.#compare(items.at(-1) as T, item) < 0)
    for (let at = from; at < this.blocks.length; at++) {
      const block = this.blocks[at] as Block<T, Made>
      const index = block.items.indexOf(item)
      if (index < 0 && this.#compare(block.items[0] as T, item) <= 0) continue
      if (index < 0) return
      block.items.splice(index, 1)
      block.made = undefined
      if (block.items.length === 0) this.blocks.splice(at, 1)
      return
    }
  }
}

/** Index of the first item, of those in order, for which something no longer holds. */
function firstFalse<T>(items: readonly T[], holds: (item: T) => boolean): number {
  let from = 0
  let to = items.length
  while (from < to) {
    const middle = (from + to) >> 1
    if (holds(items[middle] as T)) from = middle + 1
    else to = middle
  }
  return from
}
