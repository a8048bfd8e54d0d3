/** Values by the texts they were made from, of which so much is kept as the capacity says. */
export class TextCache<T> {
  private readonly values = new Map<string, T>()
  private readonly capacity: number
  private size = 0

  /** `capacity`: UTF-16 units of all texts together; what was set first goes first. */
  constructor(capacity: number) {
    this.capacity = capacity
  }

  get(text: string): T | undefined {
    return this.values.get(text)
  }

  set(text: string, value: T): void {
    if (this.values.delete(text)) this.size -= text.length
    this.values.set(text, value)
    this.size += text.length
    for (const oldest of this.values.keys()) {
      if (this.size <= this.capacity) return
      this.values.delete(oldest)
      this.size -= oldest.length
    }
  }
}
