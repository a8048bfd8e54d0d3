import { UserError } from '@slipway/errors'
import { digestOf, isRepositoryName, isTag, mediaTypes } from '@slipway/oci-format'
import { type Content, hash } from '../content.ts'
import type { ManifestRecord } from '../metadata/changes.ts'
import { Refusal } from '../refusal.ts'
import { type ChartArchive, readChartArchive } from './chart-archive.ts'
import { versionTag } from './chart-index.ts'

export interface ChartPush {
  /** Such as `helm`: the chart's repository is `helm/<name>`. */
  namespace: string
  bytes: Buffer
  /** What the client calls the file; it has to be `<name>-<version>.tgz`. */
  fileName?: string
  /** Replace another chart of this name and version. */
  force: boolean
  by: string
}

/** Where a chart is now. */
export interface SavedChart {
  repository: string
  tag: string
  /** Of the manifest. */
  digest: string
}

/**
 * Takes a packaged chart in as an OCI artifact, as `helm push` would send it. The same chart again is no conflict: a run that
 * was cut off after its push has to be able to push once more. Throws Refusal with status 409 for another chart of that version.
 */
export async function pushChart(content: Content, push: ChartPush): Promise<SavedChart> {
  const archive = await readChartArchive(push.bytes)
  const { name, version } = archive.metadata
  const repository = `${push.namespace}/${name.toLowerCase()}`
  const tag = versionTag(version)
  if (push.fileName !== undefined && push.fileName !== `${name}-${version}.tgz`) {
    throw badChart(
      `the file ${push.fileName} holds the chart ${name} ${version}, so its name has to be ${name}-${version}.tgz`,
    )
  }
  if (!isRepositoryName(repository)) throw badChart(`"${repository}" cannot be the name of a repository`)
  if (!isTag(tag)) throw badChart(`"${tag}" cannot be a tag`)
  return content.locked(repository, async () => {
    const existing = content.catalog.manifest(repository, tag)
    if (existing && (await isSame(content, existing, push.bytes, archive)))
      return { repository, tag, digest: existing.digest }
    if (existing && !push.force) {
      throw new Refusal('DENIED', `${name} ${version} exists already with other content; force replaces it`, {
        status: 409,
      })
    }
    const { digest } = await putChart(content, push, { archive, repository, tag })
    return { repository, tag, digest }
  })
}

/** Adds or replaces the provenance file of a version. */
export async function pushProvenance(
  content: Content,
  { repository, tag, bytes, by }: { repository: string; tag: string; bytes: Buffer; by: string },
): Promise<void> {
  await content.locked(repository, async () => {
    const existing = content.catalog.manifest(repository, tag)
    if (!existing?.chart) throw new Refusal('MANIFEST_UNKNOWN', `there is no chart ${repository}:${tag}`)
    const manifest = JSON.parse((await content.readAll(existing.digest)).toString('utf8')) as {
      layers: { mediaType: string }[]
    }
    const blob = await content.storeBlob(repository, bytes)
    const layers = manifest.layers.filter(({ mediaType }) => mediaType !== mediaTypes.helmProvenance)
    const provenance = { mediaType: mediaTypes.helmProvenance, digest: blob.digest, size: bytes.length }
    const body = Buffer.from(JSON.stringify({ ...manifest, layers: [...layers, provenance] }))
    await content.putManifestLocked({ repository, bytes: body, digest: digestOf(body, hash), tags: [tag], by }, [blob])
  })
}

async function isSame(
  content: Content,
  existing: ManifestRecord,
  bytes: Buffer,
  archive: ChartArchive,
): Promise<boolean> {
  const layer = existing.chart?.layer
  if (layer === undefined) return false
  if (layer === digestOf(bytes, hash)) return true
  const stored = await readChartArchive(await content.readAll(layer)).catch(() => undefined)
  return stored?.contentDigest === archive.contentDigest
}

async function putChart(
  content: Content,
  { bytes, by }: ChartPush,
  { archive: { metadata }, repository, tag }: { archive: ChartArchive; repository: string; tag: string },
): Promise<ManifestRecord> {
  const config = Buffer.from(JSON.stringify(metadata))
  const configBlob = await content.storeBlob(repository, config)
  const chartBlob = await content.storeBlob(repository, bytes)
  const body = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: mediaTypes.ociManifest,
      config: { mediaType: mediaTypes.helmConfig, digest: configBlob.digest, size: config.length },
      layers: [{ mediaType: mediaTypes.helmChart, digest: chartBlob.digest, size: bytes.length }],
      annotations: annotationsOf(metadata),
    }),
  )
  return content.putManifestLocked({ repository, bytes: body, digest: digestOf(body, hash), tags: [tag], by }, [
    configBlob,
    chartBlob,
  ])
}

/** The annotations that `helm push` writes (helm, registry/chart.go), without the time: the same chart gives the same manifest. */
function annotationsOf(metadata: ChartArchive['metadata']): Record<string, string> {
  const { name, version, description, home } = metadata
  return {
    'org.opencontainers.image.title': name,
    'org.opencontainers.image.version': version,
    ...(typeof description === 'string' && { 'org.opencontainers.image.description': description }),
    ...(typeof home === 'string' && { 'org.opencontainers.image.url': home }),
  }
}

function badChart(message: string): UserError {
  return new UserError('CHART_ARCHIVE_INVALID', message, { hint: 'make the archive with helm package' })
}
