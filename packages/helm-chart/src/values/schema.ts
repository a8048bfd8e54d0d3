import { UserError } from '@slipway/errors'
import { stringOf, TextCache } from '@slipway/go-template'
import type { Chart } from '../chart/chart.ts'
import type { Compat } from '../compat.ts'
import { readFirstJson } from '../json/read.ts'
import { checkSchema } from '../json-schema/check.ts'
import { SchemaDocument } from '../json-schema/document.ts'
import { failureText } from '../json-schema/failure.ts'
import type { Schema } from '../json-schema/keywords.ts'
import { legacyProblem } from '../json-schema/legacy.ts'
import { validate } from '../json-schema/validate.ts'
import { isTable, type Values } from './value.ts'

/** Checks the values against values.schema.json of the chart and its subcharts. Throws UserError CHART_VALUES_INVALID with Helm's text. */
export function checkSchemas(chart: Chart, values: Values, compat: Compat): void {
  const problems = problemsOf(chart, values, compat)
  if (problems === '') return
  throw new UserError(
    'CHART_VALUES_INVALID',
    `values don't meet the specifications of the schema(s) in the following chart(s):\n${problems}`,
  )
}

function problemsOf(chart: Chart, values: Values, compat: Compat): string {
  let text = ''
  if (chart.schema) {
    const problem = schemaProblem(chart.schema, values, compat)
    if (problem !== undefined) text += `${chart.metadata.name}:\n${problem}`
  }
  for (const subchart of chart.dependencies) {
    const { name } = subchart.metadata
    const own = values[name]
    if (own === undefined || own === null) continue
    text += isTable(own)
      ? problemsOf(subchart, own, compat)
      : `${name}:\ninvalid type for values: expected object (map), got ${typeof own}\n`
  }
  return text
}

/** Schemas that can be used: to find that out takes longer than to check values against one. */
const documents = new TextCache<SchemaDocument>(16 * 1024 * 1024)

/** What the schema says of the values, in Helm's words; undefined when they fit. */
export function schemaProblem(data: Uint8Array, values: Values, compat: Compat): string | undefined {
  try {
    if (compat === 'helm3') return legacyProblem(readSchema(stringOf(data)), values)
    const failures = validate(documentOf(stringOf(data)), values)
    return failures.length === 0 ? undefined : `${failureText(failures)}\n`
  } catch (error) {
    // A schema that cannot be read is the chart's fault too; Helm goes on in the same line then.
    return error instanceof Error ? error.message : String(error)
  }
}

function documentOf(text: string): SchemaDocument {
  const known = documents.get(text)
  if (known) return known
  const document = new SchemaDocument(readSchema(text))
  checkSchema(document)
  documents.set(text, document)
  return document
}

function readSchema(text: string): Schema {
  const { value, end } = readFirstJson(text)
  if (text.slice(end).trim() !== '') throw new Error('invalid character after top-level value')
  return value as Schema
}
