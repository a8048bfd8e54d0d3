import { describeError, UserError } from '@slipway/errors'
import type { Platform } from '@slipway/helm-chart'
import { placeOf } from '../helm-release/helm-release.ts'
import type { ChartReader, ChartSource, LoadedChart } from './chart-source.ts'

/** A chart's archive as a repository serves it. */
export interface ChartDownload {
  archive: Uint8Array
  /** The exact version, when a range was asked for. */
  version: string
}

/** Fetches charts from `https://…` (index.yaml) and `oci://…` repositories. Throws CHART_NOT_FOUND when there is no such chart or version. */
export interface ChartDownloader {
  download(repository: string, name: string, version: string, signal: AbortSignal): Promise<ChartDownload>
}

/** Charts of a repository: `spec.chart.repository`, `name` and `version`. */
export function repositoryCharts(downloader: ChartDownloader, platform: Platform, read: ChartReader): ChartSource {
  return {
    async load(release, signal): Promise<LoadedChart> {
      const { repository = '', name = '', version = '' } = release.spec.chart
      const at = placeOf(release)
      if (!repository || !name || !version) {
        throw new UserError('CHART_SOURCE_INVALID', 'could not find valid chart source configuration for release', {
          at,
          hint: 'set repository, name and version of spec.chart, or git and path',
        })
      }
      const download = await downloader.download(repository, name, version, signal).catch((error: unknown) => {
        if (!(error instanceof UserError)) throw error
        throw new UserError(error.code, describeError(error), { at, cause: error })
      })
      const digest = `sha256:${Buffer.from(platform.digest('sha256', download.archive)).toString('hex')}`
      const opened = await read({ digest, content: download.archive }, signal)
      return { ...opened, revision: download.version, digest }
    },
  }
}
