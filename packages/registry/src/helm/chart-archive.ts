import { createHash } from 'node:crypto'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGunzip } from 'node:zlib'
import { describeError, UserError } from '@slipway/errors'
import { parse } from '@slipway/go-yaml'
import tar from 'tar-stream'
import type { ChartRecord } from '../metadata/changes.ts'
import { isChartMetadata } from './chart-record.ts'

/** Unpacked, in bytes: past it an archive is taken for a bomb. Helm's own limits are 100 MiB in all and 5 MiB a file. */
const UNPACKED_LIMIT = 100 * 1024 * 1024
const CHART_YAML_LIMIT = 1024 * 1024

export interface ChartArchive {
  metadata: ChartRecord['metadata']
  /** Of the files' names and bytes. The same chart packaged twice has it twice, though the archives differ in their times. */
  contentDigest: string
}

/** Reads a packaged chart. Throws UserError CHART_ARCHIVE_INVALID. */
export async function readChartArchive(bytes: Uint8Array): Promise<ChartArchive> {
  const files: string[] = []
  let chartYaml: string | undefined
  let unpacked = 0
  const extract = tar.extract()
  const reading = (async () => {
    for await (const entry of extract) {
      const chunks: Buffer[] = []
      const isChartYaml = /^(?:\.\/)?[^/]+\/Chart\.yaml$/.test(entry.header.name)
      const hash = createHash('sha256')
      let size = 0
      for await (const chunk of entry as AsyncIterable<Buffer>) {
        size += chunk.length
        unpacked += chunk.length
        if (unpacked > UNPACKED_LIMIT) throw invalid(`it unpacks to more than ${UNPACKED_LIMIT} bytes`)
        if (isChartYaml && size > CHART_YAML_LIMIT) throw invalid('its Chart.yaml is too large')
        hash.update(chunk)
        if (isChartYaml) chunks.push(chunk)
      }
      if (isChartYaml) chartYaml = Buffer.concat(chunks).toString('utf8')
      if (entry.header.type === 'file') files.push(`${entry.header.name}\0${hash.digest('hex')}`)
    }
  })()
  try {
    await Promise.all([pipeline(Readable.from([bytes]), createGunzip(), extract), reading])
  } catch (error) {
    throw error instanceof UserError ? error : invalid('it is no gzipped tar', error)
  }
  if (chartYaml === undefined) throw invalid('it has no Chart.yaml in its top folder')
  return {
    metadata: parseChartYaml(chartYaml),
    contentDigest: createHash('sha256').update(files.sort().join('\n')).digest('hex'),
  }
}

function parseChartYaml(text: string): ChartRecord['metadata'] {
  let value: unknown
  try {
    value = parse(text.replace(/^\uFEFF/, ''), { file: 'Chart.yaml' })
  } catch (error) {
    throw invalid(describeError(error), error)
  }
  if (!isChartMetadata(value)) throw invalid('Chart.yaml has no valid name or version')
  return value
}

function invalid(why: string, cause?: unknown): UserError {
  return new UserError('CHART_ARCHIVE_INVALID', `the chart archive is invalid: ${why}`, {
    hint: 'make it with helm package',
    ...(cause !== undefined && { cause }),
  })
}
