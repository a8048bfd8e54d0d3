import { compileExpression } from '../cel/expression.ts'
import type { Spec } from '../defaults/spec.ts'

/** What the conditions of webhooks may speak of. */
export const CONDITION_VARIABLES = ['object', 'oldObject', 'request', 'authorizer']

/**
 * Whether all conditions hold. One that fails to evaluate counts only when none is false: then an Error is thrown, for
 * the failure policy to decide (KEP-3716).
 */
export function conditionsHold(
  conditions: Spec[] | undefined,
  variables: string[],
  bindings: Record<string, unknown>,
): boolean {
  const faults: string[] = []
  for (const { name, expression } of conditions ?? []) {
    try {
      if (compileExpression(expression, variables).evaluate(bindings) !== true) return false
    } catch (error) {
      faults.push(`matchCondition '${name}' failed: ${(error as Error).message}`)
    }
  }
  if (faults.length > 0) throw new Error(faults.join(', '))
  return true
}
