import { UnsignedInt } from '@marcbachmann/cel-js/evaluator'
import type { Node } from '../library/engine.ts'
import type { Issue } from './issues.ts'
import { expandBind, expandMacro } from './macros.ts'
import type { Expr } from './tree.ts'
import { BOOL, BYTES, DOUBLE, INT, NULL, STRING, type Type, UINT } from './types.ts'

/** What some of Kubernetes' expressions may say besides. */
export interface Dialect {
  /** `cel.bind(name, value, expression)` (cel-go's ext/bindings.go), which selectors of devices know. */
  binds?: boolean
}

/** A parsed expression as cel-go checks it, and what is wrong with the arguments of its macros. */
export function desugar(node: Node, text: string, dialect: Dialect): { expr: Expr; issues: Issue[] } {
  const reader = new TreeReader(text, dialect)
  return { expr: reader.read(node), issues: reader.issues }
}

/** The engine's name of an operator, where cel-go's is not `_op_`. */
const NAMES: Record<string, string> = { in: '@in', '[]': '_[_]', '[?]': '_[?_]', '!_': '!_', '-_': '-_' }

const BLANK = /(?:\s|\/\/.*)*/y

class TreeReader {
  readonly issues: Issue[] = []
  readonly #text: string

  readonly #dialect: Dialect

  constructor(text: string, dialect: Dialect) {
    this.#text = text
    this.#dialect = dialect
  }

  read(node: Node): Expr {
    const { op, start } = node
    const args = node.args as Node[]
    switch (op) {
      case 'value':
        return this.#literal(node.args, start)
      case 'id':
        return { at: start, kind: 'ident', name: String(node.args) }
      case '.':
      case '.?':
        return this.#select(node)
      case 'call':
      case 'rcall':
        return this.#call(node)
      case 'list':
        return { at: start, kind: 'list', items: args.map((item) => this.read(item)) }
      case 'map': {
        const entries = node.args as [Node, Node][]
        return { at: start, kind: 'map', entries: entries.map(([key, value]) => [this.read(key), this.read(value)]) }
      }
      case '!_':
      case '-_':
        return this.#unary(node)
      case '?:':
        return {
          at: this.#after(args[0] as Node),
          kind: 'call',
          name: '_?_:_',
          args: args.map((arg) => this.read(arg)),
        }
      default: {
        const name = NAMES[op] ?? `_${op}_`
        return { at: this.#after(args[0] as Node), kind: 'call', name, args: args.map((arg) => this.read(arg)) }
      }
    }
  }

  #select({ op, args }: Node): Expr {
    const [operand, field] = args as [Node, string]
    const at = this.#after(operand)
    if (op === '.') return { at, kind: 'select', operand: this.read(operand), field, isTest: false }
    const name: Expr = { at, kind: 'literal', value: field, type: STRING }
    return { at, kind: 'call', name: '_?._', args: [this.read(operand), name] }
  }

  #call({ op, args, start }: Node): Expr {
    const [name, target, list] = (
      op === 'call' ? [(args as [string])[0], undefined, (args as [string, Node[]])[1]] : args
    ) as [string, Node | undefined, Node[]]
    const nameAt = target ? this.#skip(this.#after(target) + 1) : start
    const at = this.#skip(nameAt + name.length)
    const receiver = target && this.read(target)
    const values = list.map((arg) => this.read(arg))
    const isBind = this.#dialect.binds && name === 'bind' && receiver?.kind === 'ident' && receiver.name === 'cel'
    const expanded = isBind ? expandBind(at, values) : expandMacro(name, at, receiver, values)
    if (expanded && 'kind' in expanded) return expanded
    if (expanded) this.issues.push(expanded)
    return { at, kind: 'call', name, args: values, ...(receiver && { target: receiver }) }
  }

  /** `-1` is a number; of several signs in a row, two undo each other. */
  #unary({ op, args, start }: Node): Expr {
    const inner = args as Node
    const isNext = this.#skip(start + 1) === inner.start
    if (op === '-_' && inner.op === 'value' && isNext && typeof inner.args !== 'object') {
      const value = inner.args as bigint | number
      if (typeof value === 'bigint' || typeof value === 'number') return this.#literal(-value, start)
    }
    if (inner.op === op && isNext) return this.read(inner.args as Node)
    return { at: start, kind: 'call', name: op, args: [this.read(inner)] }
  }

  #literal(value: unknown, at: number): Expr {
    if (typeof value === 'bigint' && BigInt.asIntN(64, value) !== value) {
      this.issues.push({ at, message: 'invalid int literal' })
    }
    return { at, kind: 'literal', value, type: typeOfLiteral(value) }
  }

  /** Where the operator after an operand is. */
  #after({ end }: Node): number {
    let at = this.#skip(end)
    while (this.#text[at] === ')') at = this.#skip(at + 1)
    return at
  }

  /** The next character that is no space and in no comment. */
  #skip(from: number): number {
    BLANK.lastIndex = from
    return from + (BLANK.exec(this.#text)?.[0].length ?? 0)
  }
}

function typeOfLiteral(value: unknown): Type {
  switch (typeof value) {
    case 'boolean':
      return BOOL
    case 'bigint':
      return INT
    case 'number':
      return DOUBLE
    case 'string':
      return STRING
    default:
      if (value instanceof UnsignedInt) return UINT
      return value instanceof Uint8Array ? BYTES : NULL
  }
}
