import { existsSync, readdirSync, statSync } from 'node:fs'
import { basename, extname, join } from 'node:path'
import { UserError } from '@slipway/errors'
import { type Chart, type Dependency, isInRange, isVersion } from '@slipway/helm-chart'
import { readChart } from '../chart-source.ts'
import { tableText } from '../output.ts'

/** `helm dependency list CHART`: what the chart asks for and whether it is there; the text for stdout. */
export function listDependencies(chartPath: string, maxWidth: number): string {
  if (!existsSync(chartPath)) {
    throw new UserError('HELM_CHART_NOT_FOUND', `stat ${chartPath}: no such file or directory`)
  }
  const chart = readChart(chartPath)
  const { dependencies } = chart.metadata
  if (!dependencies) return `WARNING: no dependencies at ${join(chartPath, 'charts')}\n`
  const rows = dependencies.map((dependency) => [
    dependency.name,
    dependency.version ?? '',
    dependency.repository ?? '',
    statusOf(chartPath, dependency, chart),
  ])
  const table = tableText([['NAME', 'VERSION', 'REPOSITORY', 'STATUS'], ...rows], maxWidth)
  return `${table}\n${strayCharts(chartPath, dependencies)}`
}

function statusOf(chartPath: string, dependency: Dependency, parent: Chart): string {
  const archives = entriesOf(chartPath).filter(
    (path) => basename(path).startsWith(`${dependency.name}-`) && path.endsWith('.tgz'),
  )
  const versioned = archives.filter((path) => {
    return isVersion(basename(path, '.tgz').slice(dependency.name.length + 1))
  })
  if (archives.length > 1 && versioned.length > 1) return 'too many matches'
  const [archive] = archives.length > 1 ? versioned : archives
  if (archive !== undefined) return archiveStatus(archive, dependency)
  const unpacked = parent.dependencies.find(({ metadata }) => metadata.name === dependency.name)
  if (!unpacked) return 'missing'
  return versionFault(unpacked, dependency) ?? 'unpacked'
}

function archiveStatus(archive: string, dependency: Dependency): string {
  try {
    const chart = readChart(archive)
    if (chart.metadata.name !== dependency.name) return 'misnamed'
    return versionFault(chart, dependency) ?? 'ok'
  } catch {
    return 'corrupt'
  }
}

function versionFault({ metadata }: Chart, { version = '' }: Dependency): string | undefined {
  if (metadata.version === version) return undefined
  if (!isVersion(metadata.version)) return 'invalid version'
  return isInRange(version, metadata.version) ? undefined : 'wrong version'
}

function strayCharts(chartPath: string, dependencies: readonly Dependency[]): string {
  const wanted = new Set(dependencies.map(({ name }) => name))
  const warnings = entriesOf(chartPath).flatMap((path) => {
    if (!statSync(path).isDirectory() && extname(path) !== '.tgz') return []
    try {
      return wanted.has(readChart(path).metadata.name)
        ? []
        : [`WARNING: ${JSON.stringify(path)} is not in Chart.yaml.\n`]
    } catch {
      return [`WARNING: ${JSON.stringify(path)} is not a chart.\n`]
    }
  })
  return warnings.join('')
}

function entriesOf(chartPath: string): string[] {
  const folder = join(chartPath, 'charts')
  return existsSync(folder)
    ? readdirSync(folder)
        .sort()
        .map((name) => join(folder, name))
    : []
}
