import type { ChartFile } from '@slipway/helm-chart'
import type { HelmRelease } from '../helm-release/helm-release.ts'
import type { Rendering } from '../rendering/rendering.ts'

/** A chart that nobody has read yet: its archive, or its files. */
export interface ChartPackage {
  /** Same digest = same chart. */
  readonly digest: string
  readonly content: Uint8Array | readonly ChartFile[]
}

/** A chart that was read. */
export interface OpenChart {
  readonly rendering: Rendering
  /** The text of a file; undefined when the chart has none of that name. */
  readonly readFile: (path: string) => Promise<string | undefined>
}

/** Reads a chart. Throws UserError with Helm's text when it is none, and the signal's reason. */
export type ChartReader = (chart: ChartPackage, signal: AbortSignal) => Promise<OpenChart>

/** A chart, ready to render. */
export interface LoadedChart extends OpenChart {
  /** What `status.revision` shows: the chart's version, or the commit of a chart in git. */
  readonly revision: string
  /** Same digest = same chart. */
  readonly digest: string
}

/** Where the charts of releases come from. Throws UserError CHART_NOT_FOUND, TransientError when the source can't be reached. */
export interface ChartSource {
  load(release: HelmRelease, signal: AbortSignal): Promise<LoadedChart>
}
