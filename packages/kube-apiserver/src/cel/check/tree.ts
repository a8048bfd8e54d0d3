import type { Type } from './types.ts'

/**
 * An expression as cel-go checks it: macros are expanded, operators are calls. `at` is the character in the text that
 * messages point to.
 */
export type Expr = { readonly at: number } & (
  | { kind: 'literal'; value: unknown; type: Type }
  | { kind: 'ident'; name: string }
  | { kind: 'select'; operand: Expr; field: string; isTest: boolean }
  | { kind: 'call'; name: string; target?: Expr; args: Expr[] }
  | { kind: 'list'; items: Expr[] }
  | { kind: 'map'; entries: [Expr, Expr][] }
  | Fold
)

/** What all(), map() and their like are: a loop over a range that keeps one value. */
export interface Fold {
  readonly at: number
  kind: 'fold'
  range: Expr
  /** The item of a list, the key of a map; with two, index or key and value. */
  variables: string[]
  accumulator: string
  init: Expr
  condition: Expr
  step: Expr
  result: Expr
}

/** `a.b.c` of an expression that is such a path. */
export function qualifiedName(expr: Expr): string | undefined {
  if (expr.kind === 'ident') return expr.name
  if (expr.kind !== 'select' || expr.isTest) return undefined
  const operand = qualifiedName(expr.operand)
  return operand === undefined ? undefined : `${operand}.${expr.field}`
}

export function childrenOf(expr: Expr): Expr[] {
  switch (expr.kind) {
    case 'literal':
    case 'ident':
      return []
    case 'select':
      return [expr.operand]
    case 'call':
      return expr.target ? [expr.target, ...expr.args] : expr.args
    case 'list':
      return expr.items
    case 'map':
      return expr.entries.flat()
    case 'fold':
      return [expr.range, expr.init, expr.condition, expr.step, expr.result]
  }
}
