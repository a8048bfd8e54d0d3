import { type Rules, walk } from './evaluate.ts'
import { PathFault, type Piece, parseTemplate, type Step } from './parse.ts'

const rules: Rules = { allowsMissing: false, floats: true }

/** A template of kubectl's JSONPath: text, paths in braces, and `{range PATH}…{end}`. */
export class JsonPathTemplate {
  readonly #pieces: readonly Piece[]

  /** Throws PathFault with client-go's text. */
  constructor(text: string) {
    this.#pieces = parseTemplate(text)
  }

  /** What each piece finds in what was read from JSON without a look at number types; throws PathFault, also for missing keys. */
  find(data: unknown): unknown[][] {
    const found: unknown[][] = []
    this.#run({ from: 0, value: data, isInRange: false }, found)
    return found
  }

  /** Goes on until the end of the range, and gives where that is; undefined when there is none. */
  #run(
    { from, value, isInRange }: { from: number; value: unknown; isInRange: boolean },
    found: unknown[][],
  ): number | undefined {
    for (let at = from; at < this.#pieces.length; at++) {
      const piece = this.#pieces[at] as Piece
      if (typeof piece === 'string') {
        found.push([piece])
        continue
      }
      const [first, ...rest] = piece
      if (isKeyword(first, 'end')) {
        if (!isInRange) throw new PathFault('not in range, nothing to end')
        return at
      }
      if (!isKeyword(first, 'range')) {
        found.push(walk([value], piece, rules))
        continue
      }
      const values = walk([value], rest, rules)
      let end: number | undefined
      for (const one of values) end = this.#run({ from: at + 1, value: one, isInRange: true }, found)
      // Without values what is in the range is tried, and what it finds forgotten.
      if (values.length === 0) end = this.#run({ from: at + 1, value: undefined, isInRange: true }, [])
      at = end ?? at
    }
    return undefined
  }
}

const isKeyword = (step: Step | undefined, name: string): boolean => step?.kind === 'keyword' && step.name === name
