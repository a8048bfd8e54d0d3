import type { Chart } from '../chart/chart.ts'
import type { Values } from './value.ts'

/** Checks the values against values.schema.json of the chart and its subcharts. Throws UserError CHART_VALUES_INVALID. */
export function checkSchemas(_chart: Chart, _values: Values): void {}
