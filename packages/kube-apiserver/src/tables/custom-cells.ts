import type { KubeObject } from '@slipway/kube-objects'
import type { PrinterColumn } from '../registry/resource.ts'
import type { Cell } from './cells.ts'
import { age } from './duration.ts'

/** The cells of a custom resource: name and the columns of its definition, or the age. */
export function customCells(object: Readonly<KubeObject>, columns: PrinterColumn[], now: number): Cell[] {
  if (columns.length === 0) return [object.metadata.name, age(object.metadata.creationTimestamp, now)]
  return [object.metadata.name, ...columns.map((column) => customCell(object, column, now))]
}

function customCell(object: Readonly<KubeObject>, column: PrinterColumn, now: number): Cell {
  const found = evaluateJsonPath(object, column.jsonPath)
  const [first] = found
  if (first === undefined || first === null) return null
  if (column.type === 'date') return age(String(first), now)
  if (column.type === 'integer' || column.type === 'number') return typeof first === 'number' ? first : null
  if (column.type === 'boolean') return typeof first === 'boolean' ? first : null
  return found.map((value) => (typeof value === 'object' ? JSON.stringify(value) : String(value))).join(',')
}

type Step =
  | { kind: 'field'; name: string }
  | { kind: 'all' }
  | { kind: 'index'; index: number }
  | { kind: 'filter'; path: string; operator: string; value: string }

const parsed = new Map<string, Step[]>()

/** The values at a JSONPath of the simple kind that printer columns, scale paths and selectable fields use. */
export function evaluateJsonPath(root: unknown, path: string): unknown[] {
  let values: unknown[] = [root]
  const steps = parsed.get(path) ?? parseSteps(path)
  parsed.set(path, steps)
  for (const step of steps) values = values.flatMap((value) => take(value, step)).filter((value) => value !== undefined)
  return values
}

const STEP =
  /\.?([A-Za-z0-9_-]+(?:\\\.[A-Za-z0-9_/-]+)*)|\['([^']+)'\]|\["([^"]+)"\]|\[(\*)\]|\[(-?\d+)\]|\[\?\(@\.([^=!<>]+?)\s*(==|!=)\s*['"]?([^'")]*)['"]?\)\]|\.(\*)/y

function parseSteps(path: string): Step[] {
  const steps: Step[] = []
  STEP.lastIndex = path.startsWith('$') ? 1 : 0
  while (STEP.lastIndex < path.length) {
    const match = STEP.exec(path)
    if (!match) return [{ kind: 'index', index: Number.NaN }]
    const [, plain, single, double, star, index, filterPath, operator, value, wild] = match
    const name = plain?.replaceAll('\\.', '.') ?? single ?? double
    if (name !== undefined) steps.push({ kind: 'field', name })
    else if (star || wild) steps.push({ kind: 'all' })
    else if (index !== undefined) steps.push({ kind: 'index', index: Number(index) })
    else steps.push({ kind: 'filter', path: filterPath ?? '', operator: operator ?? '', value: value ?? '' })
  }
  return steps
}

function take(value: unknown, step: Step): unknown[] {
  if (value === null || typeof value !== 'object') return []
  switch (step.kind) {
    case 'field':
      return Object.hasOwn(value, step.name) ? [(value as Record<string, unknown>)[step.name]] : []
    case 'all':
      return Object.values(value)
    case 'index':
      return Array.isArray(value) ? [value.at(step.index)] : []
    case 'filter':
      return Object.values(value).filter((item) => {
        const found = String(evaluateJsonPath(item, `.${step.path}`)[0] ?? '')
        return (found === step.value) === (step.operator === '==')
      })
  }
}
