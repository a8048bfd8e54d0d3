import { evaluateJsonPath, goJson, type KubeObject } from '@slipway/kube-objects'
import type { PrinterColumn } from '../registry/resource.ts'
import type { Cell } from './cells.ts'
import { age } from './duration.ts'

/** The cells of a custom resource: its name and the columns of its definition. */
export function customCells(object: Readonly<KubeObject>, columns: PrinterColumn[], now: number): Cell[] {
  return [object.metadata.name, ...columns.map((column) => customCell(object, column, now))]
}

/** Of several values the first is shown; one that is not of the column's type is not. */
function customCell(object: Readonly<KubeObject>, { type, jsonPath }: PrinterColumn, now: number): Cell {
  const [value] = evaluateJsonPath(object, jsonPath)
  if (value === undefined) return null
  switch (type) {
    case 'string':
      return textOf(value)
    case 'integer':
      return typeof value === 'number' ? Math.trunc(value) : null
    case 'number':
    case 'boolean':
      return typeof value === type ? (value as number | boolean) : null
    case 'date':
      return typeof value === 'string' ? dateOf(value, now) : null
    default:
      return null
  }
}

/** As client-go prints what a JSONPath finds. */
function textOf(value: unknown): string {
  if (value === null) return '<no value>'
  return typeof value === 'object' ? goJson(value) : String(value)
}

const RFC3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/

function dateOf(text: string, now: number): string {
  if (text === '' || text === 'null') return '<unknown>'
  return RFC3339.test(text) && !Number.isNaN(Date.parse(text)) ? age(text, now) : '<invalid>'
}
