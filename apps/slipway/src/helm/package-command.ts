import { existsSync, mkdirSync, statSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { UserError } from '@slipway/errors'
import { loadArchive, packageChart } from '@slipway/helm-chart'
import { readChart } from './chart-source.ts'
import { type ConnectionFlags, print } from './flags.ts'
import { nodePlatform } from './node-platform.ts'
import { type Signable, type SigningOptions, signerOf } from './provenance/sign.ts'
import type { HelmSettings } from './settings.ts'

/** The flags of `helm package`. */
export interface PackageCommandOptions extends ConnectionFlags, SigningOptions {
  readonly destination: string
  readonly version?: string
  readonly appVersion?: string
  readonly dependencyUpdate: boolean
  readonly sign: boolean
}

/** `helm package CHART...`: writes the archives and says where. Throws UserError with Helm's message. */
export async function packageCharts(
  paths: readonly string[],
  options: PackageCommandOptions,
  settings: HelmSettings,
): Promise<void> {
  if (paths.length === 0) {
    throw new UserError('HELM_ARGUMENTS_INVALID', 'need at least one argument, the path to the chart')
  }
  const sign = options.sign ? signerOf(options) : undefined
  for (const path of paths) {
    if (!existsSync(path)) throw new UserError('HELM_CHART_NOT_FOUND', `stat ${path}: no such file or directory`)
    if (options.dependencyUpdate) await update(resolve(path), options, settings)
    const { file, ...packed } = packageOne(path, options)
    if (sign) writeFileSync(`${file}.prov`, await sign(packed))
    print(`Successfully packaged chart and saved it to: ${file}\n`)
  }
}

/** What an update says is not part of what package prints. */
async function update(chartPath: string, options: PackageCommandOptions, settings: HelmSettings): Promise<void> {
  const { updateDependencies } = await import('./dependency/dependency-command.ts')
  await updateDependencies({ chartPath, options: { ...options, skipRefresh: false }, settings, say: () => {} })
}

function packageOne(path: string, options: PackageCommandOptions): Signable & { readonly file: string } {
  const chart = readChart(resolve(path))
  const missing = missingDependencies(chart)
  if (missing.length > 0) {
    throw new UserError(
      'HELM_DEPENDENCIES_MISSING',
      `found in Chart.yaml, but missing in charts/ directory: ${missing.join(', ')}`,
    )
  }
  const { version, appVersion } = options
  const packaged = packageChart(chart, nodePlatform, {
    ...(version && { version }),
    ...(appVersion && { appVersion }),
  })
  makeFolder(options.destination)
  // Helm says where it saved the chart: the destination as given, or the working folder for the default.
  const folder = options.destination === '.' ? process.cwd() : options.destination
  const file = join(folder, packaged.fileName)
  writeFileSync(file, packaged.data)
  const { metadata } = loadArchive(packaged.data, nodePlatform)
  return { file, fileName: packaged.fileName, archive: packaged.data, metadata }
}

function makeFolder(path: string): void {
  if (existsSync(path) && !statSync(path).isDirectory()) {
    throw new UserError('HELM_FILE_UNWRITABLE', `failed to save: is not a directory: ${path}`)
  }
  mkdirSync(path, { recursive: true })
}

function missingDependencies(chart: ReturnType<typeof readChart>): string[] {
  const present = new Set(chart.dependencies.map((subchart) => subchart.metadata.name))
  return (chart.metadata.dependencies ?? []).map(({ name }) => name).filter((name) => !present.has(name))
}
