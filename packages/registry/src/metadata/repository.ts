import type { Attributes, ManifestRecord, MetadataChange } from './changes.ts'
import type { HeldDigests } from './held-digests.ts'

export interface TagRecord {
  digest: string
  /** When it was pushed, RFC 3339. */
  at: string
  /** When a manifest was pushed under it first, RFC 3339. */
  createdAt: string
  /** @default all true */
  attributes?: Attributes
}

export interface BlobLink {
  /** Bytes. */
  size: number
  /** When somebody last pushed it or was told that it is here, milliseconds since 1970: from then on a push may count on it. */
  wantedAt: number
}

/** What a repository holds. A blob can be had from it when it is linked here; its bytes are in the store once for all. */
export class Repository {
  readonly name: string
  readonly blobs = new Map<string, BlobLink>()
  readonly manifests = new Map<string, ManifestRecord>()
  readonly tags = new Map<string, TagRecord>()
  /** Digest of a subject -> digests of the manifests about it. */
  readonly referrers = new Map<string, Set<string>>()
  /** @default all true */
  attributes: Attributes | undefined
  /** Bytes of all blobs and manifests. */
  size = 0
  readonly #held: HeldDigests

  constructor(name: string, held: HeldDigests) {
    this.name = name
    this.#held = held
  }

  apply(change: MetadataChange): void {
    switch (change.op) {
      case 'link-blob':
        this.#link(change.digest, { size: change.size, wantedAt: Date.parse(change.at) })
        break
      case 'unlink-blob':
        this.#unlink(change.digest)
        break
      case 'put-manifest':
        this.#put(change.manifest)
        break
      case 'delete-manifest':
        this.#delete(change.digest)
        break
      case 'tag':
        this.#tag(change)
        break
      case 'untag':
        this.tags.delete(change.tag)
        break
      case 'set-attributes':
        this.#setAttributes(change.reference, change.attributes)
        break
      case 'delete-repository':
        this.#clear()
    }
  }

  /** The changes that make it what it is. */
  *snapshot(): Iterable<MetadataChange> {
    const repository = this.name
    if (this.attributes) yield { op: 'set-attributes', repository, attributes: this.attributes }
    for (const [digest, { size, wantedAt }] of this.blobs) {
      yield { op: 'link-blob', repository, digest, size, at: new Date(wantedAt).toISOString() }
    }
    for (const manifest of this.manifests.values()) yield { op: 'put-manifest', repository, manifest }
    for (const [tag, record] of this.tags) yield { op: 'tag', repository, tag, ...record }
  }

  #link(digest: string, link: BlobLink): void {
    const known = this.blobs.get(digest)
    if (known) {
      known.wantedAt = Math.max(known.wantedAt, link.wantedAt)
      return
    }
    this.blobs.set(this.#held.add(digest), link)
    this.size += link.size
  }

  #unlink(digest: string): void {
    const link = this.blobs.get(digest)
    if (!link) return
    this.blobs.delete(digest)
    this.size -= link.size
    this.#held.remove(digest)
  }

  #put(manifest: ManifestRecord): void {
    const known = this.manifests.get(manifest.digest)
    const { at, attributes } = known ?? manifest
    const digest = known?.digest ?? this.#held.add(manifest.digest)
    const references = manifest.references.map((reference) => this.#held.shared(reference))
    this.manifests.set(digest, { ...manifest, digest, references, at, ...(attributes && { attributes }) })
    if (!known) this.size += manifest.size
    if (manifest.subject === undefined) return
    const about = this.referrers.get(manifest.subject) ?? new Set()
    this.referrers.set(manifest.subject, about.add(digest))
  }

  #delete(digest: string): void {
    const manifest = this.manifests.get(digest)
    if (!manifest) return
    this.manifests.delete(digest)
    this.size -= manifest.size
    this.#held.remove(digest)
    if (manifest.subject === undefined) return
    const about = this.referrers.get(manifest.subject)
    about?.delete(digest)
    if (about?.size === 0) this.referrers.delete(manifest.subject)
  }

  #tag({ tag, digest, at, createdAt = at, attributes }: MetadataChange & { op: 'tag' }): void {
    const before = this.tags.get(tag)
    const kept = attributes ?? before?.attributes
    const record = { digest: this.#held.shared(digest), at, createdAt: before?.createdAt ?? createdAt }
    this.tags.set(tag, kept ? { ...record, attributes: kept } : record)
  }

  #clear(): void {
    for (const digest of [...this.blobs.keys()]) this.#unlink(digest)
    for (const digest of [...this.manifests.keys()]) this.#delete(digest)
    this.tags.clear()
    this.attributes = undefined
  }

  #setAttributes(reference: string | undefined, attributes: Attributes): void {
    if (reference === undefined) this.attributes = attributes
    else {
      const record = this.tags.get(reference) ?? this.manifests.get(reference)
      if (record) record.attributes = attributes
    }
  }
}
