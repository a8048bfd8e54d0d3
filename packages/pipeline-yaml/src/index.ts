export type { DocumentNode, MappingEntry, MappingNode, ScalarNode, SequenceNode, Text } from './document/nodes.ts'
export { type ExpressionContext, evaluate } from './expressions/evaluate.ts'
export { ExpressionError } from './expressions/lexer.ts'
export { expandMacros, expandVariable } from './expressions/macros.ts'
export { type Expression, type ExpressionScope, parseExpression } from './expressions/parser.ts'
export { toBoolean, toText, type Value, Version } from './expressions/values.ts'
export type {
  Condition,
  Filter,
  Job,
  ParameterDefinition,
  Pipeline,
  Stage,
  Step,
  Trigger,
  VariableDefinition,
} from './model.ts'
export { type ParseResult, parsePipeline } from './parse-pipeline.ts'
export {
  expandPlan,
  type Plan,
  type PlanInput,
  type PlanJob,
  type PlanResult,
  type PlanStage,
  type PlanStep,
} from './plan/expand-plan.ts'
export type { TaskCatalog, TaskDefinition, TaskInput } from './plan/task-catalog.ts'
export type { PipelineErrorCode } from './problems.ts'
export { JOB_CONDITION, STEP_CONDITION } from './schema/read-condition.ts'
export { matchesTrigger, type PushedChange, type TriggerDecision } from './trigger/matches-trigger.ts'
