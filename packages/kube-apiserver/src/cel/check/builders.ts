import type { Expr } from './tree.ts'
import { BOOL, INT } from './types.ts'

/** The value that a fold keeps; no name of an expression can be this. */
export const ACCUMULATOR = '@result'

/** What the expansion of a macro is made of; all of it stands where the macro's call does. */
export class Builder {
  readonly #at: number

  constructor(at: number) {
    this.#at = at
  }

  ident(name: string): Expr {
    return { at: this.#at, kind: 'ident', name }
  }

  accumulator(): Expr {
    return this.ident(ACCUMULATOR)
  }

  bool(value: boolean): Expr {
    return { at: this.#at, kind: 'literal', value, type: BOOL }
  }

  int(value: bigint): Expr {
    return { at: this.#at, kind: 'literal', value, type: INT }
  }

  list(...items: Expr[]): Expr {
    return { at: this.#at, kind: 'list', items }
  }

  map(): Expr {
    return { at: this.#at, kind: 'map', entries: [] }
  }

  call(name: string, ...args: Expr[]): Expr {
    return { at: this.#at, kind: 'call', name, args }
  }

  method(target: Expr, name: string, ...args: Expr[]): Expr {
    return { at: this.#at, kind: 'call', name, target, args }
  }

  hasField(operand: Expr, field: string): Expr {
    return { at: this.#at, kind: 'select', operand, field, isTest: true }
  }

  fold(
    range: Expr,
    variables: string[],
    {
      init,
      condition = this.bool(true),
      step,
      result = this.accumulator(),
    }: Record<'init' | 'step', Expr> & {
      condition?: Expr
      result?: Expr
    },
  ): Expr {
    return { at: this.#at, kind: 'fold', range, variables, accumulator: ACCUMULATOR, init, condition, step, result }
  }

  /** A value under a name: a loop over nothing that keeps it. */
  bind(name: string, value: Expr, body: Expr): Expr {
    return {
      at: this.#at,
      kind: 'fold',
      range: this.list(),
      variables: ['#unused'],
      accumulator: name,
      init: value,
      condition: this.bool(false),
      step: this.ident(name),
      result: body,
    }
  }
}
