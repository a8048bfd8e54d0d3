/** A problem in a YAML text, in goyaml's words. */
export class YamlProblem extends Error {
  /** The line that goyaml names, from 1; it names none for a problem on the first line. */
  readonly goLine: number | undefined
  /** The line that goyaml v3 names: where what is broken begins. */
  readonly goLineV3: number | undefined
  /** Where the problem really is, both from 1. */
  readonly line: number
  readonly column: number

  constructor(
    message: string,
    place: { goLine?: number | undefined; goLineV3?: number | undefined; line: number; column: number },
  ) {
    super(message)
    this.name = 'YamlProblem'
    this.goLine = place.goLine
    this.goLineV3 = place.goLineV3 ?? place.goLine
    this.line = place.line
    this.column = place.column
  }
}

/** A place in a text; all count from 0. */
export interface Mark {
  readonly index: number
  readonly line: number
  readonly column: number
}

/** A problem that the scanner finds: goyaml names its line, unless it is the first. */
export function scanProblem(message: string, mark: Mark, context?: Mark): YamlProblem {
  const goLine = mark.line > 0 ? mark.line + 1 : undefined
  return new YamlProblem(message, { ...placeOf(mark), goLine, goLineV3: context?.line ? context.line + 1 : goLine })
}

/** A problem in the order of tokens: goyaml names the line before it. */
export function parseProblem(message: string, mark: Mark, context?: Mark): YamlProblem {
  const goLine = mark.line || context?.line || undefined
  return new YamlProblem(message, { ...placeOf(mark), goLine, goLineV3: context?.line || goLine })
}

/** A problem in the meaning of a node: goyaml names no line. */
export function valueProblem(message: string, mark: Mark): YamlProblem {
  return new YamlProblem(message, placeOf(mark))
}

function placeOf(mark: Mark): { line: number; column: number } {
  return { line: mark.line + 1, column: mark.column + 1 }
}
