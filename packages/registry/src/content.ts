import { createHash } from 'node:crypto'
import {
  artifactTypeOf,
  digestOf,
  type Hash,
  isNonDistributable,
  type Manifest,
  mediaTypes,
  parseDigest,
  parseManifest,
} from '@slipway/oci-format'
import type { BlobStore } from '@slipway/storage'
import { chartRecordOf } from './helm/chart-record.ts'
import { KeyedLock } from './keyed-lock.ts'
import type { Catalog } from './metadata/catalog.ts'
import type { ManifestRecord, MetadataChange } from './metadata/changes.ts'
import type { PushEvent } from './port.ts'
import { RecentContents } from './recent-contents.ts'
import { Refusal } from './refusal.ts'

export const hash: Hash = (algorithm, bytes) => createHash(algorithm).update(bytes).digest('hex')

export interface ContentDeps {
  blobs: BlobStore
  catalog: Catalog
  onPush: ((event: PushEvent) => void) | undefined
  sparseManifests: boolean
  clock: () => number
}

export interface ManifestPush {
  repository: string
  bytes: Uint8Array
  /** Content-Type it came with. */
  mediaType?: string
  digest: string
  tags: string[]
  by: string
}

/** Bytes and catalog together: every write that has to keep the two in step. */
export class Content {
  readonly blobs: BlobStore
  readonly catalog: Catalog
  readonly #deps: ContentDeps
  readonly #recent = new RecentContents()
  /** Per repository: what is checked under it still holds when the change is committed. */
  readonly #locks = new KeyedLock()

  constructor(deps: ContentDeps) {
    this.blobs = deps.blobs
    this.catalog = deps.catalog
    this.#deps = deps
  }

  /** Runs work that nobody else changes the repository during. */
  locked<T>(repository: string, work: () => Promise<T>): Promise<T> {
    return this.#locks.run(repository, work)
  }

  /** Whether a blob can be had from a repository. */
  hasBlob(repository: string, digest: string): boolean {
    return this.catalog.repository(repository)?.blobs.has(digest) ?? false
  }

  /** The whole of a blob that is known to be small; what is asked for often is kept in memory. */
  async readAll(digest: string): Promise<Buffer> {
    const kept = this.#recent.get(digest)
    if (kept) return kept
    const bytes = await this.blobs.get(digest)
    if (!bytes) throw new Refusal('BLOB_UNKNOWN', `the content of ${digest} is gone from the store`, { status: 404 })
    this.#recent.set(digest, bytes)
    return bytes
  }

  /** Stores bytes whose digest is known to be right. */
  async store(bytes: Uint8Array, digest: string): Promise<void> {
    if (await this.blobs.stat(digest)) return
    await this.blobs.put(digest, bytes)
  }

  /** Stores bytes as a blob of a repository; resolves to the change that still has to be committed. */
  async storeBlob(repository: string, bytes: Uint8Array): Promise<MetadataChange & { digest: string }> {
    const digest = digestOf(bytes, hash)
    await this.store(bytes, digest)
    return { op: 'link-blob', repository, digest }
  }

  /** Takes a manifest in: checked, stored, tagged and told of. Throws Refusal. */
  async putManifest(push: ManifestPush): Promise<ManifestRecord> {
    return this.locked(push.repository, () => this.putManifestLocked(push))
  }

  /** As putManifest, for a caller that holds the repository's lock. `with` is committed in the same step. */
  async putManifestLocked(push: ManifestPush, withChanges: MetadataChange[] = []): Promise<ManifestRecord> {
    const { repository, bytes, digest } = push
    const { algorithm } = parseDigest(digest) ?? {}
    if (!algorithm || digestOf(bytes, hash, algorithm) !== digest) {
      throw new Refusal('DIGEST_INVALID', 'the provided digest did not match the uploaded content', { detail: digest })
    }
    const manifest = parseManifest(new TextDecoder('utf-8', { fatal: false }).decode(bytes), push.mediaType)
    const coming = new Set(withChanges.flatMap((change) => (change.op === 'link-blob' ? [change.digest] : [])))
    this.#requireBlobs(repository, manifest, coming)
    await this.store(bytes, digest)
    const record = await this.#record(manifest, { digest, size: bytes.length })
    const at = new Date(this.#deps.clock()).toISOString()
    await this.catalog.commit([
      ...withChanges,
      { op: 'put-manifest', repository, manifest: record },
      ...push.tags.map((tag): MetadataChange => ({ op: 'tag', repository, tag, digest, at })),
    ])
    this.#tell(push, record)
    return record
  }

  #requireBlobs(repository: string, manifest: Manifest, coming: Set<string>): void {
    // The children of an index may come later or never: a sparse index is allowed (distribution-spec, "Pushing Manifests").
    if (manifest.kind === 'index') return
    const layers = this.#deps.sparseManifests ? [] : manifest.layers
    const needed = [manifest.config, ...layers.filter(({ mediaType }) => !isNonDistributable(mediaType))]
    const missing = needed.filter(({ digest }) => !coming.has(digest) && !this.hasBlob(repository, digest))
    if (missing.length === 0) return
    throw new Refusal('MANIFEST_BLOB_UNKNOWN', 'the manifest refers to a blob that the repository does not have', {
      detail: missing.map(({ digest }) => ({ digest })),
    })
  }

  async #record(manifest: Manifest, { digest, size }: { digest: string; size: number }): Promise<ManifestRecord> {
    const artifactType = artifactTypeOf(manifest)
    const chart =
      manifest.kind === 'image' && manifest.config.mediaType === mediaTypes.helmConfig
        ? chartRecordOf(manifest, await this.readAll(manifest.config.digest))
        : undefined
    return {
      digest,
      mediaType: manifest.mediaType,
      size,
      ...(artifactType !== undefined && { artifactType }),
      ...(manifest.subject && { subject: manifest.subject.digest, annotations: manifest.annotations }),
      ...(chart && { chart }),
    }
  }

  #tell({ repository, tags, digest, by }: ManifestPush, { chart }: ManifestRecord): void {
    for (const reference of tags.length > 0 ? tags : [digest]) {
      this.#deps.onPush?.({ kind: chart ? 'chart' : 'image', repository, reference, digest, by })
    }
  }
}
