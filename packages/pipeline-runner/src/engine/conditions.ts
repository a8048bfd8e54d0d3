import { UserError } from '@slipway/errors'
import {
  type Condition,
  type Expression,
  ExpressionError,
  evaluate,
  toBoolean,
  toText,
  type Value,
} from '@slipway/pipeline-yaml'
import type { StepResult } from './result.ts'

type StatusFunctions = Readonly<Record<string, (args: Value[]) => Value>>

const isSuccess = (result: StepResult): boolean => result === 'Succeeded' || result === 'SucceededWithIssues'

/** The status functions of a step: they read Agent.JobStatus. */
export function stepStatus(status: StepResult): StatusFunctions {
  return {
    always: () => true,
    canceled: () => status === 'Canceled',
    succeeded: () => isSuccess(status),
    failed: () => status === 'Failed',
    succeededorfailed: () => status !== 'Canceled',
  }
}

/** Those of a job or stage: they read the results of what it depends on, or of those that are named. */
export function dependencyStatus(
  results: ReadonlyMap<string, StepResult>,
  dependsOn: string[],
  canceled: boolean,
): StatusFunctions {
  const of = (args: Value[]): StepResult[] => {
    const names = args.length > 0 ? args.map((arg) => toText(arg) ?? '') : dependsOn
    return names.map((name) => results.get(name.toLowerCase()) ?? 'Skipped')
  }
  return {
    always: () => true,
    canceled: () => canceled,
    succeeded: (args) => !canceled && of(args).every(isSuccess),
    failed: (args) => !canceled && of(args).some((result) => result === 'Failed'),
    succeededorfailed: (args) => !canceled && of(args).every((result) => isSuccess(result) || result === 'Failed'),
  }
}

/** Whether a condition holds; an absent one is `succeeded()`. Throws CONDITION_FAILED when it can't be evaluated. */
export function holds(
  condition: Condition | undefined,
  contexts: Record<string, Value>,
  functions: StatusFunctions,
): boolean {
  if (!condition) return toBoolean(functions.succeeded?.([]) ?? false)
  return toBoolean(evaluateAt(condition.expression, { contexts, functions }, condition.source.value))
}

/** The value of an expression. Throws CONDITION_FAILED. */
export function evaluateAt(
  expression: Expression,
  context: { contexts: Record<string, Value>; functions?: StatusFunctions },
  source: string,
): Value {
  try {
    return evaluate(expression, context)
  } catch (error) {
    if (!(error instanceof ExpressionError)) throw error
    throw new UserError('CONDITION_FAILED', `${source}: ${error.message}`, { cause: error })
  }
}
