import type { Node } from '../library/engine.ts'
import { parseExpression } from '../parse.ts'
import { Checker, type Variables } from './checker.ts'
import { type Dialect, desugar } from './desugar.ts'
import { drawIssues, NOWHERE } from './issues.ts'
import { literalIssues } from './literals.ts'
import { syntaxIssues } from './syntax.ts'
import type { Expr } from './tree.ts'
import type { Type } from './types.ts'

/** An expression whose parts fit together. */
export interface CheckedExpression {
  type: Type
  tree: Expr
  checker: Checker
}

/** Checks an expression over variables of known types; a text tells all that is wrong with it, as cel-go draws it. */
export function checkExpression(text: string, variables: Variables, dialect: Dialect = {}): CheckedExpression | string {
  try {
    return checked(text, variables, dialect)
  } catch (error) {
    // The one way to end in here: parts within parts without end, deeper than the stack.
    if (error instanceof RangeError) return drawIssues(text, [{ at: NOWHERE, message: 'max recursion depth exceeded' }])
    throw error
  }
}

/** The longest expression that is read (cel-go's parser). */
const MAX_LENGTH = 100_000

function checked(text: string, variables: Variables, dialect: Dialect): CheckedExpression | string {
  if (text.length > MAX_LENGTH) {
    const message = `expression code point size exceeds limit: size: ${text.length}, limit ${MAX_LENGTH}`
    return drawIssues(text, [{ at: NOWHERE, message }])
  }
  const unread = syntaxIssues(text, parseExpression)
  if (unread.length > 0) return drawIssues(text, unread)
  const { expr: tree, issues } = desugar(parseExpression(text).ast as unknown as Node, text, dialect)
  if (issues.length > 0) return drawIssues(text, issues)
  const checker = new Checker(variables)
  const type = checker.check(tree)
  if (checker.issues.length > 0) return drawIssues(text, checker.issues)
  const faults = literalIssues(tree, checker)
  return faults.length > 0 ? drawIssues(text, faults) : { type: checker.typeOf(tree) ?? type, tree, checker }
}
