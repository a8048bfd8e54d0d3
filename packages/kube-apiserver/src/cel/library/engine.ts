import { type ASTNode, ParseError } from '@marcbachmann/cel-js'

/** What the engine hands to macros, as far as ours use it: its own declarations leave these out. */

/** A node of a parsed expression. */
export interface Node {
  op: string
  /** A name, a node, or an array of both, by `op`. */
  args: unknown
  /** Where its text begins and ends. */
  readonly start: number
  readonly end: number
  /** What makes its value of those of its operands; set when types have been checked. */
  handle?: (...values: unknown[]) => unknown
  readonly meta: {
    /** What stands in for it: a constant for its name, a loop for a macro. */
    readonly alternate?: Node
    readonly macro?: Macro
    readonly evaluate: Evaluate
  }
  evaluate: Evaluate
  setMeta(key: 'macro', macro: Macro): Node
}

type Evaluate = (evaluator: Evaluator, node: Node, scope: Scope) => unknown

/** Where variables are looked up: declared when types are checked, and with a value when it is evaluated. */
export interface Scope {
  forkWithVariable(name: string, type: Type): Scope
  reuse(parent: Scope): Scope
  setIterValue(value: unknown, evaluator: Evaluator): Scope
}

export interface Type {
  kind: string
  keyType?: Type
  valueType?: Type
}

export interface Checker {
  check(node: Node, scope: Scope): Type
  getType(name: string): Type
  createError(code: string, message: string, node: Node): Error
}

export interface Evaluator {
  run(node: Node, scope: Scope): unknown
  debugType(value: unknown): { fieldLazy(value: unknown, field: string, node: Node, evaluator: Evaluator): unknown }
}

/** A call whose arguments are not evaluated before it. */
export interface Macro {
  typeCheck(checker: Checker, macro: Macro, scope: Scope): Type
  evaluate(evaluator: Evaluator, macro: Macro, scope: Scope): unknown
  async: false
}

/** How a macro was called. */
export interface MacroCall {
  args: Node[]
  receiver: Node
}

/** The name that an argument is. Throws the engine's ParseError with a complaint, which is cel-go's. */
export function variableName(node: Node, complaint: string): string {
  const { op, args } = node
  if (op === 'id' && typeof args === 'string') return args
  throw new ParseError({ code: 'invalid_macro_argument', message: complaint, node: node as unknown as ASTNode })
}
