import { quote, sprintf } from '@slipway/go-template'
import type { Chart } from '../chart/chart.ts'
import type { Notify } from '../notice.ts'
import { copyValue, emptyValues, hasKey, isTable, type Values } from './value.ts'

/** What coalescing needs to know of the nulls: removed at the end, or kept for a later pass. */
type Nulls = 'remove' | 'keep'

/** Where in the tree the values are, and who is told of what does not fit. */
interface Place {
  readonly path: string
  readonly notify: Notify | undefined
}

const within = ({ path, notify }: Place, key: string): Place => ({ path: path === '' ? key : `${path}.${key}`, notify })

function warn({ notify }: Place, text: string): void {
  notify?.({ level: 'INFO', message: text })
}

/**
 * The values a chart and its subcharts see: their own defaults under the given values, globals handed down.
 * Tables are merged, scalars and lists replaced; null removes a default. Throws an Error when a subchart's values are no table.
 */
export function coalesceValues(chart: Chart, values: Values, notify?: Notify): Values {
  return coalesce(chart, copyValue(values), 'remove', { path: '', notify })
}

/** As coalesceValues, but nulls stay in place for a later pass. */
export function mergeChartValues(chart: Chart, values: Values, notify?: Notify): Values {
  return coalesce(chart, copyValue(values), 'keep', { path: '', notify })
}

function coalesce(chart: Chart, dest: Values, nulls: Nulls, place: Place): Values {
  const own = within(place, chart.metadata.name)
  coalesceOwnValues(chart, dest, nulls, own)
  for (const subchart of chart.dependencies) {
    const name = subchart.metadata.name
    if (!hasKey(dest, name)) dest[name] = emptyValues()
    const table = dest[name]
    // Helm prints the value with the verb %t, which only fits a bool; the text is part of its error message.
    if (!isTable(table)) throw new Error(`type mismatch on ${name}: ${sprintf('%t', table)}`)
    coalesceGlobals(table, dest, own)
    dest[name] = coalesce(subchart, table, nulls, own)
  }
  return dest
}

function coalesceOwnValues(chart: Chart, dest: Values, nulls: Nulls, place: Place): void {
  const defaults = copyValue(chart.values)
  for (const key in defaults) {
    const value = defaults[key]
    if (!hasKey(dest, key)) {
      dest[key] = value
      continue
    }
    const existing = dest[key]
    if (existing === null && nulls === 'remove') delete dest[key]
    else if (!isTable(existing)) continue
    else if (isTable(value)) {
      // Tables of subcharts keep their nulls: the subchart's own pass still has to see them.
      const isSubchart = chart.dependencies.some((subchart) => subchart.metadata.name === key)
      coalesceTables(existing, value, isSubchart ? 'keep' : nulls, within(place, key))
    } else if (value !== null) warn(place, `warning: skipped value for ${place.path}.${key}: Not a table.`)
  }
}

function coalesceGlobals(dest: Values, source: Values, place: Place): void {
  const target = hasKey(dest, 'global') ? dest.global : emptyValues()
  const globals = hasKey(source, 'global') ? source.global : emptyValues()
  const skipped = 'warning: skipping globals because'
  if (!isTable(target)) {
    warn(place, `${skipped} destination global is not a table.`)
    return
  }
  if (!isTable(globals)) {
    warn(place, `${skipped} source global is not a table.`)
    return
  }
  for (const key in globals) {
    const value = globals[key]
    const existing = target[key]
    if (isTable(value)) {
      const copy = Object.assign(emptyValues(), value)
      if (!hasKey(target, key)) target[key] = copy
      else if (isTable(existing)) target[key] = coalesceTables(copy, existing, 'keep', within(place, key))
      else warn(place, `Conflict: cannot merge map onto non-map for ${quote(key)}. Skipping.`)
    } else if (!isTable(existing)) target[key] = value
    else warn(place, `key ${key} is table. Skipping`)
  }
  dest.global = target
}

/** Merges `source` into `dest`, which wins; with 'remove', a null of `dest` takes away what `source` has. Changes both. */
export function coalesceTables(
  dest: Values,
  source: Values,
  nulls: Nulls,
  place: Place = { path: '', notify: undefined },
): Values {
  const nonNull = new Set(Object.keys(source).filter((key) => source[key] !== null))
  for (const key in dest) if (dest[key] === null) source[key] = null
  for (const key in source) {
    const value = source[key]
    const existing = dest[key]
    if (!hasKey(dest, key)) dest[key] = value
    else if (existing === null && nulls === 'remove' && nonNull.has(key)) delete dest[key]
    else if (isTable(value)) {
      const inner = within(place, key)
      if (isTable(existing)) coalesceTables(existing, value, nulls, inner)
      else warn(place, `warning: cannot overwrite table with non table for ${inner.path} (${sprintf('%v', value)})`)
    } else if (isTable(existing) && value !== null) {
      const { path } = within(place, key)
      warn(place, `warning: destination for ${path} is a table. Ignoring non-table value (${sprintf('%v', value)})`)
    }
  }
  return dest
}
