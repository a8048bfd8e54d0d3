import { createHash } from 'node:crypto'
import { digestOf, type Hash } from '@slipway/oci-format'
import { type BlobStore, KeyedLock } from '@slipway/storage'
import type { RegistryEvent } from '../events.ts'
import type { Catalog } from '../metadata/catalog.ts'
import type { MetadataChange } from '../metadata/changes.ts'
import type { BlobLink } from '../metadata/repository.ts'
import { Refusal } from '../refusal.ts'
import { type SpoiltBlob, SpoiltBlobs } from '../scrub/spoilt-blobs.ts'
import { Collected } from './collected.ts'
import { Holds } from './holds.ts'
import type { OpenUploads, Upload } from './open-uploads.ts'
import { PushActivity } from './push-activity.ts'
import type { Quotas } from './quotas.ts'
import { RecentContents } from './recent-contents.ts'
import type { Rules } from './rules.ts'

export const hash: Hash = (algorithm, bytes) => createHash(algorithm).update(bytes).digest('hex')

/** Blobs that are removed at once. */
const DISCARDS = 16

export interface ContentDeps {
  blobs: BlobStore
  catalog: Catalog
  rules: Rules
  quotas: Quotas
  uploads: OpenUploads
  emit: (event: RegistryEvent) => void
  onSpoilt: (blob: SpoiltBlob) => void
  /** Bytes. */
  maxBlobSize: number
  clock: () => number
}

/** A blob that is in the store and still has to be linked. */
export interface StoredBlob {
  digest: string
  size: number
}

/** Bytes and catalog together: every write that has to keep the two in step goes through here or the functions beside it. */
export class Content {
  readonly blobs: BlobStore
  readonly catalog: Catalog
  readonly rules: Rules
  readonly quotas: Quotas
  readonly uploads: OpenUploads
  readonly emit: (event: RegistryEvent) => void
  readonly maxBlobSize: number
  readonly clock: () => number
  readonly holds = new Holds()
  readonly activity: PushActivity
  readonly collected: Collected
  readonly spoilt: SpoiltBlobs
  readonly #recent = new RecentContents()
  /** Per repository: what is checked under it still holds when the change is committed. */
  readonly #locks = new KeyedLock()

  constructor(deps: ContentDeps) {
    this.blobs = deps.blobs
    this.catalog = deps.catalog
    this.rules = deps.rules
    this.quotas = deps.quotas
    this.uploads = deps.uploads
    this.emit = deps.emit
    this.maxBlobSize = deps.maxBlobSize
    this.clock = deps.clock
    this.activity = new PushActivity(deps.clock)
    this.collected = new Collected(deps.clock)
    this.spoilt = new SpoiltBlobs({ ...deps, holds: this.holds })
  }

  /** The time, RFC 3339. */
  now(): string {
    return new Date(this.clock()).toISOString()
  }

  /** Runs work that nobody else changes the repository during. */
  locked<T>(repository: string, work: () => Promise<T>): Promise<T> {
    return this.#locks.run(repository, work)
  }

  /** The blob of a repository, where it has that. Whoever is told of it may count on it for a while. */
  blobLink(repository: string, digest: string): BlobLink | undefined {
    const link = this.catalog.repository(repository)?.blobs.get(digest)
    if (link) link.wantedAt = this.clock()
    return link
  }

  hasBlob(repository: string, digest: string): boolean {
    return this.blobLink(repository, digest) !== undefined
  }

  /** Makes a blob that is in the store one of a repository. Throws Refusal DENIED past the repository's quota. */
  async link(repository: string, blob: StoredBlob): Promise<void> {
    await this.#link(repository, blob, { counted: 0, store: async () => {} })
  }

  /** The same of an upload that has come in; for a caller that works on it exclusively. */
  async linkUpload(upload: Upload, blob: StoredBlob): Promise<void> {
    await this.uploads.finish(upload, blob.size, (counted) =>
      this.#link(upload.repository, blob, { counted, store: () => this.blobs.commitUpload(upload.id, blob.digest) }),
    )
  }

  /** `counted`: of its bytes, those that the quota counts already. */
  async #link(
    repository: string,
    { digest, size }: StoredBlob,
    { counted, store }: { counted: number; store: () => Promise<void> },
  ): Promise<void> {
    const added = this.catalog.repository(repository)?.blobs.has(digest) ? 0 : size
    await this.quotas.during(repository, Math.max(0, added - counted), () =>
      this.holds.during([digest], async () => {
        await store()
        await this.catalog.commit([this.linkOf(repository, { digest, size })])
      }),
    )
  }

  /**
   * Frees what somebody has deleted and no repository holds any more: what no longer counts for a quota must not fill the disk until
   * the next collection, which finds what this could not remove.
   */
  async discard(digests: Iterable<string>): Promise<void> {
    const waiting = [...digests].values()
    const remove = async (): Promise<void> => {
      for (const digest of waiting) {
        await this.holds
          .remove(
            digest,
            () => this.catalog.holders(digest) > 0,
            () => this.blobs.delete(digest),
          )
          .catch(() => {})
      }
    }
    await Promise.all(Array.from({ length: DISCARDS }, remove))
  }

  linkOf(repository: string, { digest, size }: StoredBlob): MetadataChange {
    return { op: 'link-blob', repository, digest, size, at: this.now() }
  }

  /** The whole of a blob that is known to be small; what is asked for often is kept in memory. */
  async readAll(digest: string): Promise<Buffer> {
    const kept = this.#recent.get(digest)
    if (kept) return kept
    const bytes = await this.spoilt.watch(digest, () => this.blobs.get(digest))
    if (!bytes) throw new Refusal('BLOB_UNKNOWN', `the content of ${digest} is gone from the store`, { status: 404 })
    this.#recent.set(digest, bytes)
    return bytes
  }

  /** Stores bytes whose digest is known to be right; for a caller that holds the digest. */
  async store(bytes: Buffer, digest: string): Promise<void> {
    if (await this.blobs.stat(digest)) return
    await this.blobs.put(digest, bytes)
    // What is pushed is pulled next.
    this.#recent.set(digest, bytes)
  }
}

/** Bytes as the blob that they would be. */
export function blobOf(bytes: Uint8Array): StoredBlob {
  return { digest: digestOf(bytes, hash), size: bytes.length }
}
