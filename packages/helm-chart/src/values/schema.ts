import { messageOf, TransientError, UserError } from '@slipway/errors'
import { type Budget, countWith, stringOf, TextCache } from '@slipway/go-template'
import type { Chart } from '../chart/chart.ts'
import type { Compat } from '../compat.ts'
import { checkDocument, checkSchema } from '../json-schema/check.ts'
import type { SchemaDocument } from '../json-schema/document.ts'
import { failureText } from '../json-schema/failure.ts'
import type { Schema } from '../json-schema/keywords.ts'
import { legacyProblem } from '../json-schema/legacy.ts'
import { SchemaLibrary } from '../json-schema/library.ts'
import { type RemoteSchemas, readSchema, readSource, UnreachableSchemaError } from '../json-schema/source.ts'
import { validate } from '../json-schema/validate.ts'
import { isTable, type Values } from './value.ts'

/** What schemas are checked with. */
export interface SchemaOptions {
  readonly compat: Compat
  readonly remote?: RemoteSchemas | undefined
  /** What a check may take: a schema is hostile input. */
  readonly budget: Budget
}

/**
 * Checks the values against values.schema.json of the chart and its subcharts. Throws UserError CHART_VALUES_INVALID with
 * Helm's text, TransientError CHART_SCHEMA_UNREACHABLE when a document that a schema refers to can't be fetched now.
 */
export function checkSchemas(chart: Chart, values: Values, options: SchemaOptions): void {
  const problems = problemsOf(chart, values, options)
  if (problems.length === 0) return
  const text = problems.map(({ message }) => message).join('')
  const message = `values don't meet the specifications of the schema(s) in the following chart(s):\n${text}`
  if (problems.some(({ isTransient }) => isTransient)) throw new TransientError('CHART_SCHEMA_UNREACHABLE', message)
  throw new UserError('CHART_VALUES_INVALID', message)
}

/** What is wrong with values, in Helm's words. */
interface Problem {
  readonly message: string
  /** Whether it may pass: a document could not be fetched. */
  readonly isTransient?: boolean
}

function problemsOf(chart: Chart, values: Values, options: SchemaOptions): Problem[] {
  const problems: Problem[] = []
  if (chart.schema) {
    const problem = schemaProblem(chart.schema, values, options)
    if (problem) problems.push({ ...problem, message: `${chart.metadata.name}:\n${problem.message}` })
  }
  for (const subchart of chart.dependencies) {
    const { name } = subchart.metadata
    const own = values[name]
    if (own === undefined || own === null) continue
    if (isTable(own)) problems.push(...problemsOf(subchart, own, options))
    else problems.push({ message: `${name}:\ninvalid type for values: expected object (map), got ${typeof own}\n` })
  }
  return problems
}

/** What the schema says of the values; undefined when they fit. */
export function schemaProblem(
  data: Uint8Array,
  values: Values,
  { compat, remote, budget }: SchemaOptions,
): Problem | undefined {
  const outer = countWith(budget)
  try {
    const text = stringOf(data)
    const message = compat === 'helm3' ? legacyProblem(text, values, remote) : problemOf(text, values, remote)
    return message === undefined ? undefined : { message }
  } catch (error) {
    if (budget.exceeded !== undefined) return { message: `to check its schema takes too much: ${budget.exceeded}` }
    // A schema that cannot be read is the chart's fault too; Helm goes on in the same line then.
    return { message: messageOf(error), isTransient: error instanceof UnreachableSchemaError }
  } finally {
    countWith(outer)
  }
}

function problemOf(text: string, values: Values, remote: RemoteSchemas | undefined): string | undefined {
  const { library, main } = checked(text, remote)
  const failures = validate(library, main.value as Schema, values)
  return failures.length === 0 ? undefined : `${failureText(failures)}\n`
}

/** Where Helm says that values.schema.json is. */
const schemaAddress = 'file:///values.schema.json'

/** Schemas that can be used and refer to nothing elsewhere: to find that out takes longer than to check values against one. */
const known = new TextCache<CheckedSchema>(16 * 1024 * 1024)

interface CheckedSchema {
  readonly library: SchemaLibrary
  readonly main: SchemaDocument
}

function checked(text: string, remote: RemoteSchemas | undefined): CheckedSchema {
  const cached = known.get(text)
  if (cached) return cached
  let isAlone = true
  const read = (address: string) => {
    isAlone = false
    return readSource(address, remote)
  }
  const library = new SchemaLibrary(read, { check: checkDocument })
  const main = library.add(schemaAddress, readSchema(text))
  checkSchema(library, main)
  if (isAlone) known.set(text, { library, main })
  return { library, main }
}
