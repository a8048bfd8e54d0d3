import { stringOf } from '@slipway/go-template'
import type { ChartFile } from '../chart/chart.ts'
import { mismatchText } from '../json/decode.ts'
import type { RemoteSchemas } from '../json-schema/source.ts'
import type { Platform } from '../platform.ts'
import { budgetOf } from '../render/budget.ts'
import { coalesceTables } from '../values/coalesce.ts'
import { schemaProblem } from '../values/schema.ts'
import { emptyValues, isTable, type Values } from '../values/value.ts'
import { readYaml } from '../yaml.ts'
import type { Findings } from './findings.ts'

const path = 'values.yaml'

/** With what values.yaml is looked at. */
interface ValuesLint {
  readonly values: Values
  readonly skipSchemaValidation: boolean
  readonly schemas?: RemoteSchemas | undefined
  readonly platform: Platform
}

/** What is wrong with values.yaml and the values over it; those of subcharts are not looked at. */
export function lintValuesFile(
  findings: Findings,
  files: readonly ChartFile[],
  { values, skipSchemaValidation, schemas, platform }: ValuesLint,
): void {
  const file = files.find(({ name }) => name === path)
  if (!findings.check('INFO', path, file ? undefined : 'file does not exist') || !file) return
  const own = findings.attempt(path, () => readValues(stringOf(file.data)), 'unable to parse YAML: ')
  const schema = files.find(({ name }) => name === 'values.schema.json')
  if (!own || !schema || schema.data.length === 0 || skipSchemaValidation) return
  const merged = coalesceTables(coalesceTables(emptyValues(), values, 'keep'), own, 'keep')
  const options = { compat: 'helm4', remote: schemas, budget: budgetOf(platform) } as const
  findings.check('ERROR', path, schemaProblem(schema.data, merged, options)?.message)
}

/** The first document, as Helm 3 read all values files. */
function readValues(text: string): Values {
  const values = readYaml(text) ?? emptyValues()
  if (!isTable(values)) throw new Error(mismatchText(values, 'common.Values'))
  return values
}
