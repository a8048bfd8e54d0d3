import {
  artifactTypeOf,
  type Descriptor,
  digestOf,
  type Manifest,
  mediaTypes,
  parseDigest,
  parseManifest,
} from '@slipway/oci-format'
import type { Origin } from '../events.ts'
import { CONFIG_LIMIT, chartRecordOf } from '../helm/chart-record.ts'
import type { ChartRecord, ManifestRecord, MetadataChange } from '../metadata/changes.ts'
import { referencesOf } from '../metadata/references.ts'
import { Refusal } from '../refusal.ts'
import { type Content, hash, type StoredBlob } from './content.ts'
import { eventOf } from './event-of.ts'

export interface NewBlob extends StoredBlob {
  bytes: Buffer
}

export interface ManifestPush {
  repository: string
  bytes: Buffer
  /** Content-Type it came with. */
  mediaType?: string
  digest: string
  tags: string[]
  origin: Origin
  /** Blobs that become the repository's in the same step. */
  blobs?: NewBlob[]
}

/** Takes a manifest in: checked, stored, tagged and told of. Throws Refusal. */
export async function putManifest(content: Content, push: ManifestPush): Promise<ManifestRecord> {
  return whileItFits(content, push, async () => {
    // Side by side with other pushes: only what has to be in step waits for its turn. What is refused then is collected later.
    await content.store(push.bytes, push.digest)
    return content.locked(push.repository, () => commitManifest(content, push, check(content, push)))
  })
}

/** As putManifest, for a caller that holds the repository's lock. */
export async function putManifestLocked(content: Content, push: ManifestPush): Promise<ManifestRecord> {
  return whileItFits(content, push, async (manifest) => {
    for (const blob of push.blobs ?? []) await content.store(blob.bytes, blob.digest)
    await content.store(push.bytes, push.digest)
    return commitManifest(content, push, manifest)
  })
}

/** Runs work that stores a push, when nothing can be said against it, with its place in the quota and its bytes held meanwhile. */
async function whileItFits<T>(
  content: Content,
  push: ManifestPush,
  work: (manifest: Manifest) => Promise<T>,
): Promise<T> {
  const { repository, bytes, digest, blobs = [] } = push
  const manifest = check(content, push)
  const known = content.catalog.repository(repository)
  const added = blobs.filter((blob) => !known?.blobs.has(blob.digest))
  const size = added.reduce((sum, blob) => sum + blob.size, known?.manifests.has(digest) ? 0 : bytes.length)
  const digests = [digest, ...blobs.map((blob) => blob.digest)]
  return content.quotas.during(repository, size, () => content.holds.during(digests, () => work(manifest)))
}

async function commitManifest(content: Content, push: ManifestPush, manifest: Manifest): Promise<ManifestRecord> {
  const record = await recordOf(content, push, manifest)
  await content.catalog.commit(changesOf(content, push, record))
  for (const tag of push.tags.length > 0 ? push.tags : [undefined])
    content.emit(eventOf(content, 'push', { ...push, tag, record }))
  return record
}

/** What can be said against a push without waiting for anything. */
function check(content: Content, push: ManifestPush): Manifest {
  const { repository, bytes, digest, tags } = push
  const { algorithm } = parseDigest(digest) ?? {}
  if (!algorithm || digestOf(bytes, hash, algorithm) !== digest) {
    throw new Refusal('DIGEST_INVALID', 'the provided digest did not match the uploaded content', { detail: digest })
  }
  const manifest = parseManifest(new TextDecoder('utf-8', { fatal: false }).decode(bytes), push.mediaType)
  for (const tag of tags.length > 0 ? tags : [undefined]) content.rules.requireWritable(repository, digest, tag)
  requireParts(content, push, manifest)
  return manifest
}

function changesOf(
  content: Content,
  { repository, tags, blobs = [] }: ManifestPush,
  record: ManifestRecord,
): MetadataChange[] {
  const { digest, at } = record
  return [
    ...blobs.map((blob) => content.linkOf(repository, blob)),
    { op: 'put-manifest', repository, manifest: record },
    ...tags.map((tag): MetadataChange => ({ op: 'tag', repository, tag, digest, at })),
  ]
}

/**
 * An image's config has to be there, which says what the image is. The children of an index and an image's layers may come later
 * or never (distribution-spec, "Pushing Manifests", sparse manifests); but not those that were here and have been collected while
 * the push was under way, as its client believes that they are.
 */
function requireParts(content: Content, { repository, blobs = [] }: ManifestPush, manifest: Manifest): void {
  const coming = new Set(blobs.map(({ digest }) => digest))
  const isHere = ({ digest }: Descriptor): boolean =>
    manifest.kind === 'index'
      ? content.catalog.manifest(repository, digest) !== undefined
      : coming.has(digest) || content.hasBlob(repository, digest)
  const isCollected = ({ digest }: Descriptor): boolean => content.collected.has(repository, digest)
  const needed =
    manifest.kind === 'index'
      ? manifest.manifests.filter(isCollected)
      : [manifest.config, ...manifest.layers.filter(isCollected)]
  const missing = needed.filter((part) => !isHere(part))
  if (missing.length === 0) return
  throw new Refusal('MANIFEST_BLOB_UNKNOWN', 'the manifest refers to content that the repository does not have', {
    detail: missing.map(({ digest }) => ({ digest })),
  })
}

async function recordOf(content: Content, push: ManifestPush, manifest: Manifest): Promise<ManifestRecord> {
  const chart = await chartIn(content, push, manifest)
  const { digest, bytes } = push
  return { ...manifestRecord(manifest, { digest, size: bytes.length, at: content.now() }), ...(chart && { chart }) }
}

async function chartIn(
  content: Content,
  { repository }: ManifestPush,
  manifest: Manifest,
): Promise<ChartRecord | undefined> {
  if (manifest.kind === 'index' || manifest.config.mediaType !== mediaTypes.helmConfig) return undefined
  const { digest } = manifest.config
  // What a manifest says of sizes is what its client says.
  const size = (await content.blobs.stat(digest))?.size ?? 0
  if (size > CONFIG_LIMIT) return undefined
  return chartRecordOf(manifest, { config: await content.readAll(digest), repository })
}

/** What is kept of a manifest besides its bytes, except the chart that it may hold. */
export function manifestRecord(
  manifest: Manifest,
  { digest, size, at }: { digest: string; size: number; at: string },
): ManifestRecord {
  const artifactType = artifactTypeOf(manifest)
  return {
    digest,
    mediaType: manifest.mediaType,
    size,
    at,
    references: referencesOf(manifest),
    ...(artifactType !== undefined && { artifactType }),
    ...(manifest.subject && { subject: manifest.subject.digest, annotations: manifest.annotations }),
  }
}
