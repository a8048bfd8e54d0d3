/** Milliseconds between two sweeps, so that a busy cluster is not kept busy by the pods that wait. */
const PAUSE = 200

/** Has those that wait looked at again: at once, and then not more often than now and then. */
export class Sweep {
  readonly #run: () => void
  #isDue = false
  #resting: NodeJS.Timeout | undefined

  constructor(run: () => void) {
    this.#run = run
  }

  request(): void {
    this.#isDue = true
    if (!this.#resting) this.#next()
  }

  #next(): void {
    this.#resting = undefined
    if (!this.#isDue) return
    this.#isDue = false
    this.#run()
    this.#resting = setTimeout(() => this.#next(), PAUSE).unref()
  }
}
