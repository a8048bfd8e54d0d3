/** What is asked for while a chart is rendered, which can't wait for an answer: it is fetched between two renderings. */
export interface Questions {
  /** Whether all that was asked for since the last fetch was known. */
  readonly isComplete: boolean
  fetch(): Promise<void>
}

/** Renders again and again until all is known that is asked for. That this ends is seen to by the questions' own bounds. */
export async function renderInRounds<T>(
  questions: readonly Questions[],
  render: (isComplete: () => boolean) => T | Promise<T>,
): Promise<T> {
  const isComplete = () => questions.every((one) => one.isComplete)
  for (;;) {
    try {
      const result = await render(isComplete)
      if (isComplete()) return result
    } catch (error) {
      // Until all is known, a chart may fail for want of something that is there.
      if (isComplete()) throw error
    }
    for (const one of questions) await one.fetch()
  }
}

export interface AnswersOptions<A> {
  readonly fetch: (key: string) => Promise<A>
  /** What is known without a fetch. */
  readonly known?: (key: string) => A | undefined
  /** How often more may be fetched, and how many answers there may be. */
  readonly rounds: number
  /** @default any number */
  readonly count?: number
  /** The answer beyond these bounds. */
  readonly tooMuch: A
}

/** Answers by question. */
export interface Findings<A> {
  /** Undefined while the answer is not known. */
  find(key: string): A | undefined
}

/** What is known of some questions; plain data. */
export interface KnownAnswers<A> {
  readonly found: ReadonlyMap<string, A>
  /** The answer to all others, once no more is fetched. */
  readonly otherwise?: { readonly answer: A }
}

/** Fetches that go on at once. */
const AT_ONCE = 4

/** The answers to questions of one kind, of one rendering. */
export class Answers<A> implements Questions, Findings<A> {
  readonly #options: AnswersOptions<A>
  readonly #found = new Map<string, A>()
  readonly #missing = new Set<string>()
  #round = 0

  constructor(options: AnswersOptions<A>) {
    this.#options = options
  }

  find(key: string): A | undefined {
    if (this.#found.has(key)) return this.#found.get(key)
    const { known, rounds, tooMuch } = this.#options
    const answer = known?.(key)
    if (answer !== undefined) this.#found.set(key, answer)
    else if (this.#round === rounds) return tooMuch
    else this.#missing.add(key)
    return answer
  }

  get known(): KnownAnswers<A> {
    const { rounds, tooMuch } = this.#options
    return { found: this.#found, ...(this.#round === rounds && { otherwise: { answer: tooMuch } }) }
  }

  get isComplete(): boolean {
    return this.#missing.size === 0
  }

  /** Throws what the fetch of an answer throws. */
  async fetch(): Promise<void> {
    if (this.isComplete) return
    const { fetch, count = Number.POSITIVE_INFINITY, tooMuch } = this.#options
    const isTooMuch = this.#found.size + this.#missing.size > count
    const waiting = [...this.#missing]
    this.#missing.clear()
    this.#round++
    const work = async () => {
      for (let key = waiting.shift(); key !== undefined; key = waiting.shift()) {
        this.#found.set(key, isTooMuch ? tooMuch : await fetch(key))
      }
    }
    await Promise.all(Array.from({ length: AT_ONCE }, work))
  }
}
