import { ExpressionError } from '../expressions/lexer.ts'
import { type ExpressionScope, parseExpression } from '../expressions/parser.ts'
import type { Condition } from '../model.ts'
import type { MappingReader } from './mapping-reader.ts'

/** Status functions of steps take no arguments; those of jobs and stages may name what they depend on. */
const status = (most: number): ExpressionScope['functions'] => ({
  always: [0, 0],
  canceled: [0, 0],
  succeeded: [0, most],
  failed: [0, most],
  succeededorfailed: [0, most],
})

/** What a step's condition may use. */
export const STEP_CONDITION: ExpressionScope = { contexts: ['variables'], functions: status(0) ?? {} }

/** What a condition of a job or stage may use. */
export const JOB_CONDITION: ExpressionScope = {
  contexts: ['variables', 'dependencies', 'stagedependencies', 'pipeline'],
  functions: status(Infinity) ?? {},
}

/** The `condition` of a step, job or stage; undefined when there is none or it is wrong. */
export function readCondition(reader: MappingReader, scope: ExpressionScope): Condition | undefined {
  const source = reader.text('condition')
  if (!source || source.value.trim() === '') return undefined
  // A condition that consists of a macro or `true` is a common habit; `$[ ]` around it is accepted by the service.
  const text = source.value.replace(/^\s*\$\[(.*)\]\s*$/s, '$1')
  try {
    return { source, expression: parseExpression(text, scope) }
  } catch (error) {
    if (!(error instanceof ExpressionError)) throw error
    reader.problems.error('PIPELINE_EXPRESSION_INVALID', `condition ${source.value}: ${error.message}`, source.at)
    return undefined
  }
}
