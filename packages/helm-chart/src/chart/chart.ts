import type { Values } from '../values/value.ts'

/** A file of a chart; the name is relative to the chart's folder, with `/`. */
export interface ChartFile {
  readonly name: string
  readonly data: Uint8Array
}

/** An entry of `dependencies` in Chart.yaml or requirements.yaml. */
export interface Dependency {
  readonly name: string
  readonly version?: string
  readonly repository?: string
  readonly condition?: string
  readonly tags?: readonly string[]
  readonly enabled?: boolean
  readonly importValues?: readonly unknown[]
  readonly alias?: string
}

export interface Maintainer {
  readonly name?: string
  readonly email?: string
  readonly url?: string
}

/** Chart.yaml. */
export interface Metadata {
  readonly name: string
  readonly home?: string
  readonly sources?: readonly string[]
  readonly version: string
  readonly description?: string
  readonly keywords?: readonly string[]
  readonly maintainers?: readonly Maintainer[]
  readonly icon?: string
  readonly apiVersion: string
  readonly condition?: string
  readonly tags?: string
  readonly appVersion?: string
  readonly deprecated?: boolean
  readonly annotations?: Readonly<Record<string, string>>
  readonly kubeVersion?: string
  readonly dependencies?: readonly Dependency[]
  readonly type?: string
}

/** Chart.lock or requirements.lock. */
export interface Lock {
  readonly generated: string
  readonly digest: string
  readonly dependencies: readonly Dependency[]
}

/** A loaded chart with its subcharts; never changed once loaded. */
export interface Chart {
  readonly metadata: Metadata
  readonly lock?: Lock
  /** The defaults of values.yaml. */
  readonly values: Values
  /** values.schema.json as it stands. */
  readonly schema?: Uint8Array
  readonly templates: readonly ChartFile[]
  /** Everything that is neither template nor metadata: README, crds/, what `.Files` shows. */
  readonly files: readonly ChartFile[]
  /** Every file as it was, comments and all. */
  readonly raw: readonly ChartFile[]
  readonly dependencies: readonly Chart[]
  /** What the author should know, e.g. files of an older chart version; lines as Helm logs them. */
  readonly warnings: readonly string[]
}

/** The chart with other subcharts. */
export function withDependencies(chart: Chart, dependencies: readonly Chart[]): Chart {
  return { ...chart, dependencies }
}

/** Whether a chart only offers definitions to others and renders nothing itself. */
export function isLibrary(chart: Chart): boolean {
  return chart.metadata.type?.toLowerCase() === 'library'
}

/** A custom resource definition of a chart or one of its subcharts. */
export interface CrdFile {
  /** The path as `# Source:` shows it. */
  readonly path: string
  readonly data: Uint8Array
}

/** The manifests in the crds/ folders of a chart and its subcharts. */
export function crdsOf(chart: Chart, path: string = chart.metadata.name): CrdFile[] {
  const own = chart.files
    .filter((file) => file.name.startsWith('crds/') && /\.(ya?ml|json)$/i.test(file.name))
    .map((file) => ({ path: `${path}/${file.name}`, data: file.data }))
  const below = chart.dependencies.flatMap((subchart) => crdsOf(subchart, `${path}/charts/${subchart.metadata.name}`))
  return [...own, ...below]
}
