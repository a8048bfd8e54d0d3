/** Values by the texts they were made from, of which so much is kept as the capacity says. */
export class TextCache<T> {
  private readonly entries = new Map<string, { value: T; place: number }>()
  private readonly texts: string[] = []
  private readonly capacity: number
  private size = 0

  /** `capacity`: UTF-16 units of all texts together. */
  constructor(capacity: number) {
    this.capacity = capacity
  }

  get(text: string): T | undefined {
    return this.entries.get(text)?.value
  }

  set(text: string, value: T): void {
    const known = this.entries.get(text)
    if (known) {
      known.value = value
      return
    }
    this.entries.set(text, { value, place: this.texts.push(text) - 1 })
    this.size += text.length
    while (this.size > this.capacity) this.evict(Math.floor(Math.random() * this.texts.length))
  }

  /**
   * Any text may go, not the oldest: a controller renders all of its releases in turn, and where they are more than the capacity,
   * the oldest is always the one that comes next.
   */
  private evict(place: number): void {
    const text = this.texts[place] as string
    const last = this.texts.pop() as string
    if (last !== text) {
      this.texts[place] = last
      const moved = this.entries.get(last)
      if (moved) moved.place = place
    }
    this.entries.delete(text)
    this.size -= text.length
  }
}
