import { own } from '../own.ts'
import { FUNCTIONS } from './functions.ts'
import { ExpressionError, type Token, tokenize } from './lexer.ts'
import type { Value } from './values.ts'

export type Expression =
  | { kind: 'literal'; value: Value }
  | { kind: 'context'; name: string; offset: number }
  | { kind: 'call'; name: string; args: Expression[]; offset: number }
  | { kind: 'index'; target: Expression; key: Expression }
  | { kind: 'wildcard'; target: Expression }

/** What the place of an expression offers beside the functions that work everywhere. Names are lower case. */
export interface ExpressionScope {
  /** Such as `variables`, `parameters`, `dependencies`. */
  contexts: readonly string[]
  /** Such as `succeeded`, with the least and the greatest number of arguments. */
  functions?: Readonly<Record<string, readonly [number, number]>>
}

const DEEPEST = 50

/** Parses one expression and checks the names of contexts and functions and the counts of arguments. Throws ExpressionError. */
export function parseExpression(text: string, scope: ExpressionScope): Expression {
  return new Parser(tokenize(text), scope).whole()
}

class Parser {
  readonly #tokens: Token[]
  readonly #scope: ExpressionScope
  #position = 0

  constructor(tokens: Token[], scope: ExpressionScope) {
    this.#tokens = tokens
    this.#scope = scope
  }

  whole(): Expression {
    const expression = this.#expression(0)
    const rest = this.#peek()
    if (rest.kind !== 'end') throw new ExpressionError(`unexpected ${describe(rest)}`, rest.offset)
    return expression
  }

  #expression(depth: number): Expression {
    if (depth > DEEPEST) throw new ExpressionError(`nested deeper than ${DEEPEST} levels`, this.#peek().offset)
    let expression = this.#primary(depth)
    for (;;) {
      if (this.#accept('.')) {
        expression = this.#property(expression)
      } else if (this.#accept('[')) {
        if (this.#accept('*')) expression = { kind: 'wildcard', target: expression }
        else expression = { kind: 'index', target: expression, key: this.#expression(depth + 1) }
        this.#expect(']')
      } else {
        return expression
      }
    }
  }

  #property(target: Expression): Expression {
    if (this.#accept('*')) return { kind: 'wildcard', target }
    const token = this.#next()
    if (token.kind !== 'name')
      throw new ExpressionError(`a name must follow the dot, not ${describe(token)}`, token.offset)
    return { kind: 'index', target, key: { kind: 'literal', value: token.text } }
  }

  #primary(depth: number): Expression {
    const token = this.#next()
    if (token.kind === 'literal') return { kind: 'literal', value: token.value }
    if (token.kind !== 'name') throw new ExpressionError(`unexpected ${describe(token)}`, token.offset)
    const name = token.text.toLowerCase()
    if (this.#accept('(')) return this.#call(name, token, depth)
    if (this.#scope.contexts.includes(name)) return { kind: 'context', name, offset: token.offset }
    throw new ExpressionError(
      `there is no ${token.text} here; known are: ${this.#scope.contexts.join(', ')}`,
      token.offset,
    )
  }

  #call(name: string, token: Token & { kind: 'name' }, depth: number): Expression {
    const arity = own(this.#scope.functions, name) ?? own(FUNCTIONS, name)?.arity
    if (!arity) throw new ExpressionError(`there is no function ${token.text} here`, token.offset)
    const args: Expression[] = []
    if (!this.#accept(')')) {
      do args.push(this.#expression(depth + 1))
      while (this.#accept(','))
      this.#expect(')')
    }
    const [least, most] = arity
    if (args.length < least || args.length > most) {
      const count = least === most ? `${least}` : most === Infinity ? `at least ${least}` : `${least} to ${most}`
      throw new ExpressionError(`${token.text} takes ${count} arguments, not ${args.length}`, token.offset)
    }
    return { kind: 'call', name, args, offset: token.offset }
  }

  #peek(): Token {
    return this.#tokens[this.#position] as Token
  }

  #next(): Token {
    const token = this.#peek()
    if (token.kind !== 'end') this.#position++
    return token
  }

  #accept(text: string): boolean {
    const token = this.#peek()
    if (token.kind !== 'punctuation' || token.text !== text) return false
    this.#position++
    return true
  }

  #expect(text: string): void {
    if (this.#accept(text)) return
    const token = this.#peek()
    throw new ExpressionError(`expected ${text}, not ${describe(token)}`, token.offset)
  }
}

function describe(token: Token): string {
  switch (token.kind) {
    case 'end':
      return 'the end'
    case 'literal':
      return String(token.value)
    case 'name':
    case 'punctuation':
      return token.text
  }
}
