/**
 * When something last happened that may help a pod to a place: the times are the numbers of the events. So whoever was refused knows
 * what to look at again.
 */
export class Changes {
  #now = 0
  #lastNode = 0
  #lastPods = 0
  #lastStorage = 0
  /** By Node. */
  readonly #lastRoom = new Map<string, number>()
  readonly #onChange: () => void

  constructor(onChange: () => void = () => {}) {
    this.#onChange = onChange
  }

  get now(): number {
    return this.#now
  }

  /** A Node came, or is another than it was. */
  ofNode(name: string): void {
    this.#lastNode = this.#tick()
    this.#lastRoom.set(name, this.#now)
    this.#onChange()
  }

  ofNodeGone(name: string): void {
    this.#lastNode = this.#tick()
    this.#lastRoom.delete(name)
    this.#onChange()
  }

  /** Pods of a Node left or hold less. */
  ofRoom(node: string): void {
    this.#lastPods = this.#tick()
    this.#lastRoom.set(node, this.#now)
    this.#onChange()
  }

  /** Pods came or have other labels. */
  ofPods(): void {
    this.#lastPods = this.#tick()
    this.#onChange()
  }

  /** Volumes, claims or classes are there that were not. */
  ofStorage(): void {
    this.#lastStorage = this.#tick()
    this.#onChange()
  }

  /** Whether anything has happened to storage since. */
  ofStorageSince(time: number): boolean {
    return this.#lastStorage > time
  }

  /** Whether anything has happened to pods or Nodes since. */
  ofPodsSince(time: number): boolean {
    return Math.max(this.#lastNode, this.#lastPods) > time
  }

  /** The Nodes on which there may be room since. */
  roomSince(time: number): string[] {
    if (this.#now === time) return []
    return [...this.#lastRoom].filter(([, last]) => last > time).map(([node]) => node)
  }

  #tick(): number {
    this.#now += 1
    return this.#now
  }
}
