import { UserError } from '@slipway/errors'
import { compose } from './compose.ts'
import { type DuplicateKeys, decode, type Integers, toJson } from './decode.ts'
import { splitDocuments } from './split.ts'
import { YamlProblem } from './yaml-error.ts'

/** Where a text comes from, and how strict to be. */
export interface ParseOptions {
  /** For the places of errors. */
  readonly file?: string
  /** A key that comes twice in one map: refused, or the last one counts as in Helm's values. @default 'error' */
  readonly duplicateKeys?: DuplicateKeys
  /** Integers as bigint tell what was written as one from what was written as a float. @default 'number' */
  readonly integers?: Integers
}

/** One document of a stream: its value, or why it has none. */
export interface YamlDocument {
  /** JSON data as sigs.k8s.io/yaml gives it: maps are objects without prototype, all numbers float64. */
  readonly value: unknown
  /** The line of the stream, from 1, where the document's content begins. */
  readonly line: number
  /** The document's own text from that line on, for `locate`. */
  readonly text: string
  /** Code YAML_INVALID, with file, line and column in the stream. */
  readonly error?: UserError
}

/** Every document of a stream; a broken one carries its error and hides no other. Documents without content are left out. */
export function parseDocuments(text: string, options: ParseOptions = {}): YamlDocument[] {
  return splitDocuments(text).map((part) => {
    try {
      return { ...part, value: parseText(part.text, options, part.line - 1) }
    } catch (error) {
      if (error instanceof UserError) return { ...part, value: undefined, error }
      throw error
    }
  })
}

/** The value of a text's first document, null when it is empty. Throws UserError YAML_INVALID with goyaml's words. */
export function parse(text: string, options: ParseOptions = {}): unknown {
  return parseText(text, options, 0)
}

/** `linesBefore`: lines of the stream before this text. */
function parseText(text: string, options: ParseOptions, linesBefore: number): unknown {
  try {
    const root = compose(text)
    return root === undefined
      ? null
      : toJson(decode(root, options.duplicateKeys ?? 'error'), options.integers ?? 'number')
  } catch (error) {
    throw invalid(error, options, linesBefore)
  }
}

function invalid(error: unknown, options: ParseOptions, linesBefore: number): UserError {
  const file = options.file === undefined ? {} : { file: options.file }
  if (!(error instanceof YamlProblem)) {
    const message = error instanceof Error ? error.message : String(error)
    return new UserError('YAML_INVALID', `error converting YAML to JSON: ${message}`, {
      at: { ...file, line: linesBefore + 1 },
      cause: error,
    })
  }
  const where = error.goLine === undefined ? '' : `line ${error.goLine + linesBefore}: `
  return new UserError('YAML_INVALID', `error converting YAML to JSON: yaml: ${where}${error.message}`, {
    at: { ...file, line: error.line + linesBefore, column: error.column },
    cause: error,
  })
}
