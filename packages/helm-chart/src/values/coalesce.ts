import { sprintf } from '@slipway/go-template'
import type { Chart } from '../chart/chart.ts'
import { copyValue, emptyValues, hasKey, isTable, type Values } from './value.ts'

/** What coalescing needs to know of the nulls: removed at the end, or kept for a later pass. */
type Nulls = 'remove' | 'keep'

/**
 * The values a chart and its subcharts see: their own defaults under the given values, globals handed down.
 * Tables are merged, scalars and lists replaced; null removes a default. Throws an Error when a subchart's values are no table.
 */
export function coalesceValues(chart: Chart, values: Values): Values {
  return coalesce(chart, copyValue(values), 'remove')
}

/** As coalesceValues, but nulls stay in place for a later pass. */
export function mergeChartValues(chart: Chart, values: Values): Values {
  return coalesce(chart, copyValue(values), 'keep')
}

function coalesce(chart: Chart, dest: Values, nulls: Nulls): Values {
  coalesceOwnValues(chart, dest, nulls)
  for (const subchart of chart.dependencies) {
    const name = subchart.metadata.name
    if (!hasKey(dest, name)) dest[name] = emptyValues()
    const table = dest[name]
    // Helm prints the value with the verb %t, which only fits a bool; the text is part of its error message.
    if (!isTable(table)) throw new Error(`type mismatch on ${name}: ${sprintf('%t', table)}`)
    coalesceGlobals(table, dest)
    dest[name] = coalesce(subchart, table, nulls)
  }
  return dest
}

function coalesceOwnValues(chart: Chart, dest: Values, nulls: Nulls): void {
  const defaults = copyValue(chart.values)
  for (const key in defaults) {
    const value = defaults[key]
    if (!hasKey(dest, key)) {
      dest[key] = value
      continue
    }
    const existing = dest[key]
    if (existing === null && nulls === 'remove') delete dest[key]
    else if (isTable(existing) && isTable(value)) {
      // Tables of subcharts keep their nulls: the subchart's own pass still has to see them.
      const isSubchart = chart.dependencies.some((subchart) => subchart.metadata.name === key)
      coalesceTables(existing, value, isSubchart ? 'keep' : nulls)
    }
  }
}

function coalesceGlobals(dest: Values, source: Values): void {
  const target = hasKey(dest, 'global') ? dest.global : emptyValues()
  const globals = hasKey(source, 'global') ? source.global : emptyValues()
  if (!isTable(target) || !isTable(globals)) return
  for (const key in globals) {
    const value = globals[key]
    const existing = target[key]
    if (isTable(value)) {
      const copy = Object.assign(emptyValues(), value)
      if (!hasKey(target, key)) target[key] = copy
      else if (isTable(existing)) target[key] = coalesceTables(copy, existing, 'keep')
    } else if (!isTable(existing)) target[key] = value
  }
  dest.global = target
}

/** Merges `source` into `dest`, which wins; with 'remove', a null of `dest` takes away what `source` has. Changes both. */
export function coalesceTables(dest: Values, source: Values, nulls: Nulls): Values {
  const nonNull = new Set(Object.keys(source).filter((key) => source[key] !== null))
  for (const key in dest) if (dest[key] === null) source[key] = null
  for (const key in source) {
    const value = source[key]
    const existing = dest[key]
    if (!hasKey(dest, key)) dest[key] = value
    else if (existing === null && nulls === 'remove' && nonNull.has(key)) delete dest[key]
    else if (isTable(value) && isTable(existing)) coalesceTables(existing, value, nulls)
  }
  return dest
}
