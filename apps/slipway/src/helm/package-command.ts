import { mkdirSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { UserError } from '@slipway/errors'
import { packageChart } from '@slipway/helm-chart'
import { readChart } from './chart-source.ts'
import { nodePlatform } from './node-platform.ts'

/** The flags of `helm package`. */
export interface PackageCommandOptions {
  readonly destination: string
  readonly version?: string
  readonly appVersion?: string
  readonly dependencyUpdate: boolean
  readonly sign: boolean
}

/** `helm package CHART...`: writes the archives; the text for stdout. Throws UserError with Helm's message. */
export function packageCharts(paths: readonly string[], options: PackageCommandOptions): string {
  if (paths.length === 0) {
    throw new UserError('HELM_ARGUMENTS_INVALID', 'need at least one argument, the path to the chart')
  }
  if (options.sign) throw new UserError('HELM_UNSUPPORTED', '--sign is not supported')
  return paths.map((path) => packageOne(path, options)).join('')
}

function packageOne(path: string, options: PackageCommandOptions): string {
  const chart = readChart(resolve(path))
  const missing = missingDependencies(chart)
  if (missing.length > 0) {
    const reason = `found in Chart.yaml, but missing in charts/ directory: ${missing.join(', ')}`
    if (options.dependencyUpdate)
      throw new UserError('HELM_UNSUPPORTED', `--dependency-update is not supported: ${reason}`)
    throw new UserError('HELM_DEPENDENCIES_MISSING', reason)
  }
  const { version, appVersion } = options
  const packaged = packageChart(chart, nodePlatform, {
    ...(version && { version }),
    ...(appVersion && { appVersion }),
  })
  mkdirSync(options.destination, { recursive: true })
  // Helm says where it saved the chart: the destination as given, or the working folder for the default.
  const folder = options.destination === '.' ? process.cwd() : options.destination
  const file = join(folder, packaged.fileName)
  writeFileSync(file, packaged.data)
  return `Successfully packaged chart and saved it to: ${file}\n`
}

function missingDependencies(chart: ReturnType<typeof readChart>): string[] {
  const present = new Set(chart.dependencies.map((subchart) => subchart.metadata.name))
  return (chart.metadata.dependencies ?? []).map(({ name }) => name).filter((name) => !present.has(name))
}
