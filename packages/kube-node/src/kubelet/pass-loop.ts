import { startWallTimer } from '@slipway/controller-runtime'

/** Until a pass that failed is tried again. */
const RETRY = 1_000

/** Does one pass at a time: again at once when it is woken meanwhile, and after as many milliseconds as the pass resolves to. */
export class PassLoop {
  readonly #pass: () => Promise<number | undefined>
  readonly #onError: (error: unknown) => void
  #running: Promise<void> | undefined
  #again = false
  #stopTimer = (): void => {}
  #stopped = false

  constructor(pass: () => Promise<number | undefined>, onError: (error: unknown) => void) {
    this.#pass = pass
    this.#onError = onError
  }

  wake(): void {
    if (this.#stopped) return
    if (this.#running) {
      this.#again = true
      return
    }
    this.#running = this.#run()
  }

  /** Begins no pass any more, which resolves when the last one is over; what goes wrong with it is not told. */
  async stop(): Promise<void> {
    this.#stopped = true
    this.#stopTimer()
    await this.#running
    this.#stopTimer()
  }

  async #run(): Promise<void> {
    do await this.#passOnce()
    while (this.#again && !this.#stopped)
    // Not a moment later: who wakes it in between would not be heard.
    this.#running = undefined
  }

  async #passOnce(): Promise<void> {
    this.#again = false
    this.#stopTimer()
    try {
      const recheck = await this.#pass()
      if (recheck !== undefined) this.#wakeIn(recheck)
    } catch (error) {
      if (this.#stopped) return
      this.#onError(error)
      this.#wakeIn(RETRY)
    }
  }

  #wakeIn(milliseconds: number): void {
    this.#stopTimer()
    this.#stopTimer = startWallTimer(milliseconds, () => this.wake())
  }
}
