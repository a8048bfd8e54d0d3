import { compileExpression } from '../expression.ts'
import { compilePattern } from '../library/patterns.ts'
import type { Checker } from './checker.ts'
import type { Issue } from './issues.ts'
import { childrenOf, type Expr } from './tree.ts'
import { formatType, sameType, type Type } from './types.ts'

/** What is wrong with the values that an expression spells out (cel-go's cel/validator.go). */
export function literalIssues(tree: Expr, checker: Checker): Issue[] {
  return [...faultyArguments(tree), ...mixedLiterals(tree, checker)]
}

/** Functions whose first argument can be judged before it is evaluated. */
const JUDGED: Record<string, (value: string | bigint) => unknown> = {
  duration: (value) => compileExpression('duration(value)', ['value']).evaluate({ value }),
  timestamp: (value) => compileExpression('timestamp(value)', ['value']).evaluate({ value }),
  matches: (value) => compilePattern(String(value)),
}

function* faultyArguments(expr: Expr): Generator<Issue> {
  for (const child of childrenOf(expr)) yield* faultyArguments(child)
  if (expr.kind !== 'call' || !Object.hasOwn(JUDGED, expr.name)) return
  const [argument] = expr.args
  if (argument?.kind !== 'literal') return
  if (typeof argument.value !== 'string' && typeof argument.value !== 'bigint') return
  try {
    JUDGED[expr.name]?.(argument.value)
  } catch {
    yield { at: argument.at, message: `invalid ${expr.name} argument` }
  }
}

/** Items of one literal have one type; only what is formatted may be mixed. */
function* mixedLiterals(expr: Expr, checker: Checker): Generator<Issue> {
  if (expr.kind === 'call' && expr.name === 'format') return
  for (const child of childrenOf(expr)) yield* mixedLiterals(child, checker)
  if (expr.kind === 'list') yield* mixed(expr.items, checker).slice(0, 1)
  if (expr.kind !== 'map') return
  for (const side of [0, 1] as const)
    yield* mixed(
      expr.entries.map((entry) => entry[side]),
      checker,
    )
}

function mixed(items: Expr[], checker: Checker): Issue[] {
  const [first, ...rest] = items.map((item) => ({ at: item.at, type: checker.typeOf(item) }))
  return rest
    .filter(({ type }) => !sameType(type, (first as { type: Type }).type))
    .map(({ at, type }) => {
      const message = `expected type '${formatType((first as { type: Type }).type)}' but found '${formatType(type)}'`
      return { at, message }
    })
}
