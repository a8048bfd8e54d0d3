import { type Chart, type Dependency, withDependencies } from '../chart/chart.ts'
import type { Notify } from '../notice.ts'
import { isInRange } from '../semver/constraint.ts'
import { coalesceTables, coalesceValues, mergeChartValues } from './coalesce.ts'
import { copyValue, emptyValues, hasKey, isTable, scalarAt, tableAt, type Values } from './value.ts'

/**
 * The chart as these values make it: aliases applied, subcharts switched off by tags and conditions left out,
 * `import-values` moved into the parents' defaults. The chart given is not changed.
 */
export function resolveDependencies(chart: Chart, values: Values, notify?: Notify): Chart {
  return importValues(enableDependencies(chart, values, '', notify), notify)
}

function enableDependencies(chart: Chart, values: Values, path: string, notify: Notify | undefined): Chart {
  const declared = chart.metadata.dependencies
  if (declared === undefined) return chart
  const aliased = applyAliases(chart, declared)
  const coalesced = coalesceValues(aliased, values, notify)
  const requirements = declared.map((dependency) => ({
    ...dependency,
    name: dependency.alias || dependency.name,
    enabled: isEnabled(dependency, coalesced, path, notify),
  }))
  const disabled = new Set(requirements.filter(({ enabled }) => !enabled).map(({ name }) => name))
  const subcharts = aliased.dependencies
    .filter((subchart) => !disabled.has(subchart.metadata.name))
    .map((subchart) => enableDependencies(subchart, coalesced, `${path}${subchart.metadata.name}.`, notify))
  const { dependencies: _, ...metadata } = chart.metadata
  const kept = requirements.filter(({ name }) => !disabled.has(name))
  // Without any left it is, for Helm, a chart that never had one: nothing is moved into its values.
  return withDependencies(
    { ...chart, metadata: { ...metadata, ...(kept.length > 0 && { dependencies: kept }) } },
    subcharts,
  )
}

function applyAliases(chart: Chart, declared: readonly Dependency[]): Chart {
  const matches = (subchart: Chart, dependency: Dependency) =>
    subchart.metadata.name === dependency.name && isInRange(dependency.version ?? '', subchart.metadata.version)
  const undeclared = chart.dependencies.filter(
    (subchart) => !declared.some((dependency) => matches(subchart, dependency)),
  )
  const used = declared.flatMap((dependency) => {
    const subchart = chart.dependencies.find((candidate) => matches(candidate, dependency))
    if (!subchart) return []
    if (!dependency.alias) return [subchart]
    return [{ ...subchart, metadata: { ...subchart.metadata, name: dependency.alias } }]
  })
  return withDependencies(chart, [...undeclared, ...used])
}

function isEnabled(dependency: Dependency, values: Values, path: string, notify: Notify | undefined): boolean {
  const chart = dependency.alias || dependency.name
  const warn = (fields: Readonly<Record<string, string>>) =>
    notify?.({ level: 'WARN', message: 'returned non-bool value', fields: { ...fields, chart } })
  const tags = tableAt(values, 'tags')
  const states = (dependency.tags ?? []).map((tag) => {
    const state = tags && hasKey(tags, tag) ? tags[tag] : undefined
    if (state !== undefined && typeof state !== 'boolean') warn({ tag })
    return state
  })
  // The first condition that is a bool decides, before any tag.
  for (const condition of (dependency.condition ?? '').trim().split(',')) {
    if (condition === '') continue
    const value = scalarAt(values, path + condition)
    if (typeof value === 'boolean') return value
    if (value !== undefined) warn({ path: condition })
  }
  return states.includes(true) || !states.includes(false)
}

function importValues(chart: Chart, notify: Notify | undefined): Chart {
  const subcharts = chart.dependencies.map((subchart) => importValues(subchart, notify))
  const current = withDependencies(chart, subcharts)
  const declared = current.metadata.dependencies
  if (declared === undefined) return current
  const place = { path: '', notify }
  const values = mergeChartValues(current, emptyValues(), notify)
  let imported = emptyValues()
  for (const dependency of declared) {
    for (const { child, parent } of importsOf(dependency)) {
      const table = tableAt(values, `${dependency.name}.${child}`)
      if (table) imported = coalesceTables(imported, copyValue(nest(parent, table)), 'keep', place)
    }
  }
  const metadata = {
    ...current.metadata,
    dependencies: declared.map((dependency) =>
      dependency.importValues ? { ...dependency, importValues: importsOf(dependency) } : dependency,
    ),
  }
  return { ...current, metadata, values: coalesceTables(copyValue(values), imported, 'keep', place) }
}

/** What a dependency lends its parent; entries that are neither a name nor a table count for nothing. */
function importsOf({ importValues = [] }: Dependency): { child: string; parent: string }[] {
  return importValues.flatMap((source) => {
    if (typeof source === 'string') return [{ child: `exports.${source}`, parent: '.' }]
    return isTable(source) ? [{ child: pathText(source.child), parent: pathText(source.parent) }] : []
  })
}

// Go prints a missing path as <nil>.
function pathText(value: unknown): string {
  return value === undefined || value === null ? '<nil>' : String(value)
}

function nest(path: string, table: Values): Values {
  if (path === '.') return table
  return path.split('.').reduceRight((inner, key) => Object.assign(emptyValues(), { [key]: inner }), table)
}
