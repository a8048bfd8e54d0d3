/** Work of one kind: what is being done, and who waits in line. */
interface Line {
  working: number
  waiting: (() => void)[]
}

/** Lets only so many of each key be at work at once; the others wait in line, and hold nobody up but each other. */
export class Turns {
  readonly #most: number
  readonly #lines = new Map<string, Line>()

  constructor(most: number) {
    this.#most = most
  }

  async run<T>(key: string, work: () => Promise<T>): Promise<T> {
    const line = this.#lines.get(key) ?? { working: 0, waiting: [] }
    this.#lines.set(key, line)
    if (line.working === this.#most) await new Promise<void>((resolve) => line.waiting.push(resolve))
    else line.working += 1
    try {
      return await work()
    } finally {
      const next = line.waiting.shift()
      if (next) next()
      else line.working -= 1
      if (line.working === 0) this.#lines.delete(key)
    }
  }
}
