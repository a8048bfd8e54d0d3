import type { UserError } from '@slipway/errors'
import { entryOf, type MappingNode } from './document/nodes.ts'
import { parseDocument } from './document/parse-document.ts'
import type { Value } from './expressions/values.ts'
import type { Pipeline } from './model.ts'
import { Problems } from './problems.ts'
import { readParameters } from './schema/parameters.ts'
import { readPipeline } from './schema/root.ts'
import { expandTemplate, hasTemplateExpressions } from './template/expand.ts'
import { resolveParameters } from './template/parameters.ts'

export interface ParseResult {
  /** Absent when there are errors. */
  pipeline?: Pipeline
  /** Every fault that was found, each with file, line and column. */
  errors: UserError[]
  warnings: UserError[]
}

/** Reads and checks an azure-pipelines.yml; `file` is its name in messages. Never throws for what the text holds. */
export function parsePipeline(text: string, { file }: { file: string }): ParseResult {
  const problems = new Problems()
  const root = parseDocument(text, file, problems)
  if (root && root.kind !== 'mapping') {
    problems.error('PIPELINE_VALUE_INVALID', 'a pipeline file must be a mapping', root.at)
  }
  if (root?.kind !== 'mapping' || problems.errors.length > 0) return problems
  const pipeline = readExpanded(root, file, { variables: {} }, problems)
  return {
    ...(pipeline && problems.errors.length === 0 && { pipeline }),
    errors: problems.errors,
    warnings: problems.warnings,
  }
}

/** Expands `${{ }}` and reads the model out of what results; undefined when it can't be expanded. */
export function readExpanded(
  root: MappingNode,
  file: string,
  given: { parameters?: Readonly<Record<string, string>>; variables: Readonly<Record<string, string>> },
  problems: Problems,
): Pipeline | undefined {
  const definitions = readParameters(entryOf(root, 'parameters')?.value, new Problems())
  const parameters: Record<string, Value> = resolveParameters(definitions, given.parameters, problems)
  const document = hasTemplateExpressions(root)
    ? expandTemplate(root, { parameters, variables: { ...given.variables } }, problems)
    : root
  return document && { ...readPipeline(document, file, problems), document: root }
}
