import type { Chart } from '@slipway/helm-chart'
import type { HelmRelease } from '../helm-release/helm-release.ts'

/** A chart, ready to render. */
export interface LoadedChart {
  chart: Chart
  /** What `status.revision` shows: the chart's version, or the commit of a chart in git. */
  revision: string
  /** Same digest = same chart. */
  digest: string
}

/** Where the charts of releases come from. Throws UserError CHART_NOT_FOUND, TransientError when the source can't be reached. */
export interface ChartSource {
  load(release: HelmRelease, signal: AbortSignal): Promise<LoadedChart>
}
