import { CONDITIONS_BUDGET, CostBudget, OutOfBudget } from '../cel/cost/budget.ts'
import { type Bindings, compileExpression } from '../cel/expression.ts'
import type { Spec } from '../defaults/spec.ts'
import { ADMISSION_VARIABLES } from './expression-bindings.ts'

/**
 * Whether all conditions hold. One that fails to evaluate counts only when none is false: then an Error is thrown, for
 * the failure policy to decide (KEP-3716).
 */
export function conditionsHold(conditions: Spec[] | undefined, bind: () => Bindings): boolean {
  if (!conditions?.length) return true
  const bindings = bind()
  const budget = new CostBudget(CONDITIONS_BUDGET)
  const faults: string[] = []
  let holds = true
  for (const { expression } of conditions) {
    try {
      if (compileExpression(expression, ADMISSION_VARIABLES).evaluate(bindings, budget) !== true) holds = false
    } catch (error) {
      const { message } = error as Error
      if (error instanceof OutOfBudget) throw error
      faults.push(`expression '${expression}' resulted in error: ${message}`)
    }
  }
  if (!holds || faults.length === 0) return holds
  const distinct = [...new Set(faults)]
  throw new Error(distinct.length === 1 ? distinct[0] : `[${distinct.join(', ')}]`)
}
