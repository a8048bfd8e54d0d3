import { UserError } from '@slipway/errors'
import { digestOf, isRepositoryName, isTag, mediaTypes } from '@slipway/oci-format'
import { blobOf, type Content, hash } from '../content/content.ts'
import { putManifestLocked } from '../content/put-manifest.ts'
import type { Origin } from '../events.ts'
import type { ManifestRecord } from '../metadata/changes.ts'
import { Refusal } from '../refusal.ts'
import { readChart } from './chart-access.ts'
import { type ChartArchive, readChartArchive } from './chart-archive.ts'
import { versionTag } from './chart-entry.ts'

export interface ChartPush {
  /** Such as `helm`: the chart's repository is `helm/<name>`. */
  namespace: string
  bytes: Buffer
  /** What the client calls the file; it has to be `<name>-<version>.tgz`. */
  fileName?: string
  /** Replace another chart of this name and version. */
  force: boolean
  origin: Origin
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
    if (existing && (await isSame(content, { repository, existing }, { bytes: push.bytes, archive })))
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

/** Adds, replaces or, without bytes, removes the provenance file of a version. */
export async function setProvenance(
  content: Content,
  { repository, tag, bytes, origin }: { repository: string; tag: string; bytes: Buffer | undefined; origin: Origin },
): Promise<void> {
  await content.locked(repository, async () => {
    const existing = content.catalog.manifest(repository, tag)
    if (!existing?.chart) throw new Refusal('MANIFEST_UNKNOWN', `there is no chart ${repository}:${tag}`)
    const manifest = JSON.parse((await content.readAll(existing.digest)).toString('utf8')) as {
      layers: { mediaType: string }[]
    }
    const others = manifest.layers.filter(({ mediaType }) => mediaType !== mediaTypes.helmProvenance)
    const added = bytes ? [{ mediaType: mediaTypes.helmProvenance, ...blobOf(bytes) }] : []
    const body = { ...manifest, layers: [...others, ...added] }
    await putArtifact(content, { repository, tag, origin, body, blobs: bytes ? [bytes] : [] })
  })
}

async function isSame(
  content: Content,
  { repository, existing }: { repository: string; existing: ManifestRecord },
  { bytes, archive }: { bytes: Buffer; archive: ChartArchive },
): Promise<boolean> {
  const layer = existing.chart?.layer
  if (layer === undefined) return false
  if (layer === digestOf(bytes, hash)) return true
  const stored = await readChart(content, repository, layer)
    .then(readChartArchive)
    .catch(() => undefined)
  return stored?.contentDigest === archive.contentDigest
}

function putChart(
  content: Content,
  { bytes, origin }: ChartPush,
  { archive: { metadata }, repository, tag }: { archive: ChartArchive; repository: string; tag: string },
): Promise<ManifestRecord> {
  const config = Buffer.from(JSON.stringify(metadata))
  const body = {
    schemaVersion: 2,
    mediaType: mediaTypes.ociManifest,
    config: { mediaType: mediaTypes.helmConfig, ...blobOf(config) },
    layers: [{ mediaType: mediaTypes.helmChart, ...blobOf(bytes) }],
    annotations: annotationsOf(metadata),
  }
  return putArtifact(content, { repository, tag, origin, body, blobs: [config, bytes] })
}

interface Artifact {
  repository: string
  tag: string
  origin: Origin
  /** The manifest. */
  body: object
  /** What of it is new. */
  blobs: Buffer[]
}

/** Stores an artifact whole, in one step. */
function putArtifact(content: Content, { repository, tag, origin, body, blobs }: Artifact): Promise<ManifestRecord> {
  const bytes = Buffer.from(JSON.stringify(body))
  return putManifestLocked(content, {
    repository,
    bytes,
    digest: blobOf(bytes).digest,
    tags: [tag],
    origin,
    blobs: blobs.map((blob) => ({ ...blobOf(blob), bytes: blob })),
  })
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
