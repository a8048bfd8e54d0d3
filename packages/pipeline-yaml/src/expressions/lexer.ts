import { own } from '../own.ts'
import { toVersion, type Value } from './values.ts'

export type Token =
  | { kind: 'literal'; value: Value; offset: number }
  | { kind: 'name'; text: string; offset: number }
  | { kind: 'punctuation'; text: '(' | ')' | '[' | ']' | ',' | '.' | '*'; offset: number }
  | { kind: 'end'; offset: number }

/** Thrown by the expression parser and evaluator; callers turn it into an error with a place in the file. */
export class ExpressionError extends Error {
  /** Characters from the start of the expression. */
  readonly offset: number

  constructor(message: string, offset: number) {
    super(message)
    this.offset = offset
  }
}

const NAME = /[A-Za-z_][A-Za-z0-9_-]*/y
const NUMERIC = /[+-]?(\d+(\.\d+)*|\.\d+)/y
const KEYWORDS: Record<string, Value> = { true: true, false: false, null: null, infinity: Infinity, nan: Number.NaN }

/** Cuts an expression into tokens; throws ExpressionError at what is none. */
export function tokenize(text: string): Token[] {
  const tokens: Token[] = []
  let offset = 0
  while (offset < text.length) {
    const char = text[offset] as string
    if (/\s/.test(char)) {
      offset++
      continue
    }
    const token = readToken(text, offset, tokens.at(-1))
    tokens.push(token.token)
    offset = token.end
  }
  tokens.push({ kind: 'end', offset })
  return tokens
}

function readToken(text: string, offset: number, previous: Token | undefined): { token: Token; end: number } {
  const char = text[offset] as string
  if (char === "'") return readString(text, offset)
  // After a dereference `.`, digits and names are property names.
  const afterDot = previous?.kind === 'punctuation' && previous.text === '.'
  if (!afterDot) {
    NUMERIC.lastIndex = offset
    const [number] = NUMERIC.exec(text) ?? []
    if (number !== undefined) {
      return { token: { kind: 'literal', value: numeric(number, offset), offset }, end: offset + number.length }
    }
  }
  NAME.lastIndex = offset
  const [name] = NAME.exec(text) ?? []
  if (name !== undefined) {
    const keyword = afterDot ? undefined : own(KEYWORDS, name.toLowerCase())
    const token: Token =
      keyword === undefined ? { kind: 'name', text: name, offset } : { kind: 'literal', value: keyword, offset }
    return { token, end: offset + name.length }
  }
  if ('()[],.*'.includes(char)) {
    return { token: { kind: 'punctuation', text: char as '(', offset }, end: offset + 1 }
  }
  throw new ExpressionError(`unexpected ${JSON.stringify(char)}`, offset)
}

function readString(text: string, offset: number): { token: Token; end: number } {
  let value = ''
  for (let index = offset + 1; index < text.length; index++) {
    if (text[index] !== "'") {
      value += text[index]
    } else if (text[index + 1] === "'") {
      value += "'"
      index++
    } else {
      return { token: { kind: 'literal', value, offset }, end: index + 1 }
    }
  }
  throw new ExpressionError("a string is not closed with '", offset)
}

// Two dots make a version, one a number: 1.2 is a number, 1.2.3 a version.
function numeric(text: string, offset: number): Value {
  if (text.split('.').length <= 2) return Number(text)
  const version = toVersion(text)
  if (!version) throw new ExpressionError(`${text} is neither a number nor a version`, offset)
  return version
}
