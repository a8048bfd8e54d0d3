import type { UserError } from '@slipway/errors'

/** Where a text comes from, for error places. */
export interface ParseOptions {
  readonly file?: string
}

/** One document of a stream: its value, or why it has none. */
export interface YamlDocument {
  /** JSON data as sigs.k8s.io/yaml gives it: maps are objects without prototype, all numbers float64. */
  readonly value: unknown
  /** The line of the stream, from 1, where the document begins. */
  readonly line: number
  /** The document's own text, for `locate`. */
  readonly text: string
  /** Code YAML_INVALID, with file, line and column in the stream. */
  readonly error?: UserError
}

/** Every document of a stream; a broken one carries its error and hides no other. Documents without content are left out. */
export function parseDocuments(_text: string, _options: ParseOptions = {}): YamlDocument[] {
  return []
}

/** The value of a text's first document, null when it is empty. Throws UserError YAML_INVALID. */
export function parse(_text: string, _options: ParseOptions = {}): unknown {
  return null
}
