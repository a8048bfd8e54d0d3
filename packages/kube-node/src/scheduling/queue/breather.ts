import { setImmediate as nextTurn } from 'node:timers/promises'

/** Milliseconds of decisions in a row. */
const MOST = 10

/** Lets others have their turn when many decisions follow one another: none of them waits for anything. */
export class Breather {
  #begun = performance.now()

  async breathe(): Promise<void> {
    if (performance.now() - this.#begun < MOST) return
    await nextTurn()
    this.#begun = performance.now()
  }
}
