import { createHash } from 'node:crypto'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGunzip } from 'node:zlib'
import { describeError, UserError } from '@slipway/errors'
import tar from 'tar-stream'
import type { ChartRecord } from '../metadata/changes.ts'
import { readChartMetadata } from './chart-record.ts'

/** Unpacked, in bytes: past it an archive is taken for a bomb. Helm's own limits are 100 MiB in all and 5 MiB a file. */
const UNPACKED_LIMIT = 100 * 1024 * 1024
const FILE_LIMIT = 5 * 1024 * 1024
const CHART_YAML_LIMIT = 1024 * 1024

export interface ChartArchive {
  metadata: ChartRecord['metadata']
  /** Of the files' names and bytes. The same chart packaged twice has it twice, though the archives differ in their times. */
  contentDigest: string
}

/** Reads a packaged chart. Throws UserError CHART_ARCHIVE_INVALID. */
export async function readChartArchive(bytes: Uint8Array): Promise<ChartArchive> {
  const { files, contentDigest } = await unpack(bytes, (path) => path === 'Chart.yaml', CHART_YAML_LIMIT)
  const chartYaml = files.get('Chart.yaml')
  if (!chartYaml) throw invalid('it has no Chart.yaml in its top folder')
  return { metadata: parseChartYaml(chartYaml.toString('utf8')), contentDigest }
}

/** The wanted files of a packaged chart, by their path below the chart's own folder. Throws UserError CHART_ARCHIVE_INVALID. */
export async function readChartFiles(
  bytes: Uint8Array,
  isWanted: (path: string) => boolean,
): Promise<Map<string, Buffer>> {
  return (await unpack(bytes, isWanted, FILE_LIMIT)).files
}

async function unpack(
  bytes: Uint8Array,
  isWanted: (path: string) => boolean,
  limit: number,
): Promise<{ files: Map<string, Buffer>; contentDigest: string }> {
  const files = new Map<string, Buffer>()
  const digests: string[] = []
  const extract = tar.extract()
  const reading = (async () => {
    for await (const entry of extract) {
      const { name, type } = entry.header
      const path = /^(?:\.\/)?[^/]+\/(.+)$/.exec(name)?.[1] ?? ''
      const chunks: Buffer[] = []
      const hash = createHash('sha256')
      let size = 0
      for await (const chunk of entry as AsyncIterable<Buffer>) {
        size += chunk.length
        hash.update(chunk)
        if (!isWanted(path)) continue
        if (size > limit) throw invalid(`its ${path} is too large`)
        chunks.push(chunk)
      }
      if (type !== 'file') continue
      digests.push(`${name}\0${hash.digest('hex')}`)
      if (isWanted(path)) files.set(path, Buffer.concat(chunks))
    }
  })()
  try {
    await Promise.all([pipeline(Readable.from([bytes]), createGunzip(), limited, extract), reading])
  } catch (error) {
    throw error instanceof UserError ? error : invalid('it is no gzipped tar', error)
  }
  return { files, contentDigest: createHash('sha256').update(digests.sort().join('\n')).digest('hex') }
}

/** Headers count too: an archive of nothing else is as good a bomb. */
async function* limited(unpacked: AsyncIterable<Buffer>): AsyncIterable<Buffer> {
  let size = 0
  for await (const piece of unpacked) {
    size += piece.length
    if (size > UNPACKED_LIMIT) throw invalid(`it unpacks to more than ${UNPACKED_LIMIT} bytes`)
    yield piece
  }
}

function parseChartYaml(text: string): ChartRecord['metadata'] {
  try {
    return readChartMetadata(text.replace(/^\uFEFF/, ''))
  } catch (error) {
    throw invalid(describeError(error), error)
  }
}

function invalid(why: string, cause?: unknown): UserError {
  return new UserError('CHART_ARCHIVE_INVALID', `the chart archive is invalid: ${why}`, {
    hint: 'make it with helm package',
    ...(cause !== undefined && { cause }),
  })
}
