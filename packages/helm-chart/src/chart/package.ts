import { stringify } from '@slipway/go-yaml'
import type { Platform } from '../platform.ts'
import { isVersion } from '../semver/version.ts'
import type { Chart, Lock } from './chart.ts'
import { chartError } from './error.ts'
import { dependencyJson, metadataJson } from './metadata-json.ts'
import { type TarEntry, writeTar } from './tar.ts'

/** A chart archive. */
export interface PackagedChart {
  /** `<name>-<version>.tgz`. */
  readonly fileName: string
  readonly data: Uint8Array
  /** The chart with the version that was asked for. */
  readonly chart: Chart
}

export interface PackageOptions {
  readonly version?: string
  readonly appVersion?: string
}

const encoder = new TextEncoder()

/**
 * Packs a chart as `helm package` does. Equal charts give equal bytes: the archive holds no times and no owners.
 * Throws UserError CHART_INVALID on a version that is none.
 */
export function packageChart(
  chart: Chart,
  platform: Pick<Platform, 'gzip'>,
  options: PackageOptions = {},
): PackagedChart {
  const { version = chart.metadata.version, appVersion = chart.metadata.appVersion } = options
  if (!isVersion(version)) throw chartError('invalid semantic version')
  const metadata = { ...chart.metadata, version, ...(appVersion !== undefined && { appVersion }) }
  const packaged = { ...chart, metadata }
  return {
    fileName: `${metadata.name}-${version}.tgz`,
    data: platform.gzip(writeTar(entriesOf(packaged, ''))),
    chart: packaged,
  }
}

/** The files of an archive in Helm's order; subcharts are unpacked below charts/. */
function entriesOf(chart: Chart, prefix: string): TarEntry[] {
  const base = `${prefix}${chart.metadata.name}`
  const isV1 = chart.metadata.apiVersion === 'v1'
  const entry = (name: string, data: Uint8Array): TarEntry => ({ name: `${base}/${name}`, data })
  const text = (name: string, value: unknown): TarEntry => entry(name, encoder.encode(stringify(value)))
  const { dependencies: _, ...v1Metadata } = metadataJson(chart.metadata)
  return [
    text('Chart.yaml', isV1 ? v1Metadata : metadataJson(chart.metadata)),
    ...(chart.lock && chart.metadata.apiVersion === 'v2' ? [text('Chart.lock', lockJson(chart.lock))] : []),
    ...chart.raw.filter((file) => file.name === 'values.yaml').map((file) => entry(file.name, file.data)),
    ...(chart.schema ? [entry('values.schema.json', checkedSchema(chart.schema))] : []),
    ...[...chart.templates, ...chart.files].map((file) => entry(file.name, file.data)),
    ...chart.dependencies.flatMap((subchart) => entriesOf(subchart, `${base}/charts/`)),
  ]
}

function checkedSchema(schema: Uint8Array): Uint8Array {
  try {
    JSON.parse(new TextDecoder().decode(schema))
  } catch (error) {
    throw chartError('invalid JSON in values.schema.json', error)
  }
  return schema
}

/** A lock file's content as Helm writes it. */
export function lockJson({ generated, digest, dependencies }: Lock): Record<string, unknown> {
  return { generated, digest, dependencies: dependencies.map(dependencyJson) }
}
