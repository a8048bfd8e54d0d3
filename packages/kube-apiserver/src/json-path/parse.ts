/** A step of a path in client-go's dialect of JSONPath (util/jsonpath). */
export type Step =
  | { kind: 'field'; name: string }
  | { kind: 'wildcard' }
  | { kind: 'recursive' }
  | { kind: 'slice'; from: number | undefined; to: number | undefined; step: number | undefined; single: boolean }
  | { kind: 'union'; paths: Step[][] }
  | { kind: 'filter'; left: Step[]; operator: string; right: Step[] }
  | { kind: 'literal'; value: string | number | boolean }

/** A text that is no path. */
export class PathFault extends Error {}

/** The steps of what stands between the braces of a template. Throws PathFault. */
export function parsePath(text: string): Step[] {
  return new Parser(text).parse()
}

const FIELD = /(?:\\.|[^\s.,[\]$@{}\\])*/y
const SLICE = /^(-?\d*)(:-?\d*)?(:-?\d*)?$/
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
    while (this.#at < this.#text.length) steps.push(...this.#next())
    return steps
  }

  #next(): Step[] {
    if (this.#takes('[?(')) return [this.#filter()]
    if (this.#takes('..')) {
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
      const quoted = this.#match(char === '"' ? /"(?:\\.|[^"\\])*"/y : /'(?:\\.|[^'\\])*'/y)
      if (quoted === '') throw new PathFault('unterminated quoted string')
      return { kind: 'literal', value: quoted.slice(1, -1).replaceAll(/\\(.)/g, '$1') }
    }
    const number = this.#match(/[+-]?[\d.]+/y)
    if (number !== '' && !Number.isNaN(Number(number))) return { kind: 'literal', value: Number(number) }
    const word = this.#match(/true|false/y)
    if (word === '') throw new PathFault(`unrecognized character in action: ${char}`)
    return { kind: 'literal', value: word === 'true' }
  }

  #brackets(): Step[] {
    const end = this.#text.indexOf(']', this.#at)
    if (end < 0) throw new PathFault('unterminated array')
    const inside = this.#text.slice(this.#at, end)
    this.#at = end + 1
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
