/** A step of a path in client-go's dialect of JSONPath (util/jsonpath). */
export type Step =
  | { kind: 'field'; name: string }
  | { kind: 'wildcard' }
  | { kind: 'recursive' }
  | { kind: 'slice'; from: number | undefined; to: number | undefined; step: number | undefined; single: boolean }
  | { kind: 'union'; paths: Step[][] }
  | { kind: 'filter'; left: Step[]; operator: string; right: Step[] }
  /** A whole number is a bigint: to Go it is of another type than others. */
  | { kind: 'literal'; value: string | number | bigint | boolean }
  | { kind: 'keyword'; name: string }

/** A text that is no path. */
export class PathFault extends Error {}

/** The steps of what stands between the braces of a template. Throws PathFault. */
export function parsePath(text: string): Step[] {
  return new Parser(text).parse()
}

/** A piece of a template: text as it is, or what stands between braces. */
export type Piece = string | Step[]

/** Throws PathFault with client-go's text. */
export function parseTemplate(text: string): Piece[] {
  return new Parser(text).parseTemplate()
}

const FIELD = /(?:\\.|[^\s.,[\]$@{}\\])*/y
const SLICE = /^(-?\d*)(:-?\d*)?(:-?\d*)?$/
/** A word that is no literal. */
const KEYWORD = /(?!(?:true|false)(?:[\s.,[\]$@{}]|$))[\p{L}_][^\s.,[\]$@{}]*/uy
const KEY = /^'([^']*)'$/
const COMPARISON = /^([^!<>=]+)([!<>=]+)(.+?)$/

class Parser {
  readonly #text: string
  #at = 0

  constructor(text: string) {
    this.#text = text
  }

  parse(): Step[] {
    const steps: Step[] = []
    while (this.#at < this.#text.length) steps.push(...this.#next(steps.at(-1)))
    return steps
  }

  parseTemplate(): Piece[] {
    const pieces: Piece[] = []
    while (this.#at < this.#text.length) {
      const text = this.#match(/[^{]*/y)
      if (text !== '') pieces.push(text)
      if (this.#takes('{')) pieces.push(this.#action())
    }
    return pieces
  }

  #action(): Step[] {
    const steps: Step[] = []
    while (!this.#takes('}')) {
      if (/^(?:[\r\n]|$)/.test(this.#text.slice(this.#at, this.#at + 1))) throw new PathFault('unclosed action')
      const keyword = this.#match(KEYWORD)
      if (keyword === '') steps.push(...this.#next(steps.at(-1)))
      else steps.push({ kind: 'keyword', name: keyword })
    }
    return steps
  }

  #next(last: Step | undefined): Step[] {
    if (this.#takes('[?(')) return [this.#filter()]
    if (this.#takes('..')) {
      if (last?.kind === 'recursive') throw new PathFault('invalid multiple recursive descent')
      const isNamed = /^[\p{L}\p{N}_]/u.test(this.#text.slice(this.#at))
      return [{ kind: 'recursive' }, ...(isNamed ? [this.#field()] : [])]
    }
    const char = this.#text[this.#at] as string
    if (' @$'.includes(char)) {
      this.#at++
      return []
    }
    if (this.#takes('[')) return this.#brackets()
    if (this.#takes('.')) return [this.#field()]
    return [this.#literal(char)]
  }

  #takes(prefix: string): boolean {
    if (!this.#text.startsWith(prefix, this.#at)) return false
    this.#at += prefix.length
    return true
  }

  #match(pattern: RegExp): string {
    pattern.lastIndex = this.#at
    const found = pattern.exec(this.#text)?.[0] ?? ''
    this.#at += found.length
    return found
  }

  #field(): Step {
    const name = this.#match(FIELD)
    return name === '*' ? { kind: 'wildcard' } : { kind: 'field', name: name.replaceAll('\\', '') }
  }

  #literal(char: string): Step {
    if (char === '"' || char === "'") {
      const quoted = this.#match(char === '"' ? /"(?:\\.|[^"\\\n])*"/y : /'(?:\\.|[^'\\\n])*'/y)
      if (quoted === '') throw new PathFault('unterminated quoted string')
      return { kind: 'literal', value: unquoted(quoted) }
    }
    const number = this.#match(/[+-]?[\d.]+|[+-]/y)
    if (number !== '') return { kind: 'literal', value: numberOf(number) }
    const word = this.#match(/true|false/y)
    if (word === '') throw new PathFault(`unrecognized character in action: ${shown(this.#text, this.#at)}`)
    return { kind: 'literal', value: word === 'true' }
  }

  #brackets(): Step[] {
    const inside = this.#match(/[^\]\n]*/y)
    if (!this.#takes(']')) throw new PathFault('unterminated array')
    const parts = inside.split(',')
    if (parts.length > 1) return [{ kind: 'union', paths: parts.map((part) => parsePath(`[${part.trim()}]`)) }]
    const [, key] = KEY.exec(inside) ?? []
    return key === undefined ? [sliceOf(inside)] : parsePath(`.${key}`)
  }

  #filter(): Step {
    const start = this.#at
    let quote: string | undefined
    for (; this.#at < this.#text.length; this.#at++) {
      const char = this.#text[this.#at] as string
      if (quote === undefined && char === ')') break
      if (quote === undefined && (char === '"' || char === "'")) quote = char
      else if (char === quote && this.#text[this.#at - 1] !== '\\') quote = undefined
    }
    const text = this.#text.slice(start, this.#at)
    if (this.#at === this.#text.length) throw new PathFault('unterminated filter')
    if (!this.#takes(')]')) throw new PathFault('unclosed array expect ]')
    const [, left = text, operator = 'exists', right = ''] = COMPARISON.exec(text) ?? []
    return { kind: 'filter', left: parsePath(left), operator, right: parsePath(right) }
  }
}

function sliceOf(inside: string): Step {
  const match = SLICE.exec(inside === '*' ? ':' : inside)
  if (!match) throw new PathFault(`invalid array index ${inside}`)
  const [from, to, step] = match.slice(1).map((part) => {
    const digits = part?.replace(':', '')
    return digits ? Number(digits) : undefined
  })
  return { kind: 'slice', from, to, step, single: match[2] === undefined }
}

function numberOf(text: string): number | bigint {
  if (/^[+-]?\d+$/.test(text)) return BigInt(text.replace('+', ''))
  const value = Number(text)
  if (Number.isNaN(value)) throw new PathFault(`cannot parse number ${text}`)
  return value
}

const controls: Readonly<Record<string, string>> = { a: '\x07', b: '\b', f: '\f', n: '\n', r: '\r', t: '\t', v: '\v' }

const ESCAPE = /\\(x[\da-fA-F]{2}|u[\da-fA-F]{4}|U[\da-fA-F]{8}|[0-7]{3}|[abfnrtv\\'"]|)/g

/** As Go's strconv.UnquoteChar, for either quote. */
function unquoted(quoted: string): string {
  return quoted.slice(1, -1).replaceAll(ESCAPE, (_, code: string) => {
    if (code === '') throw new PathFault(`unquote string ${quoted} error invalid syntax`)
    if (/^[xuU]/.test(code)) return String.fromCodePoint(Number.parseInt(code.slice(1), 16))
    if (/^\d/.test(code)) return String.fromCodePoint(Number.parseInt(code, 8))
    return controls[code] ?? code
  })
}

/** As Go's %#U. */
function shown(text: string, at: number): string {
  const code = text.codePointAt(at) ?? 0
  return `U+${code.toString(16).toUpperCase().padStart(4, '0')} '${String.fromCodePoint(code)}'`
}
