import type { MetadataLog } from '../port.ts'
import type { ManifestRecord, MetadataChange } from './changes.ts'

export interface TagRecord {
  digest: string
  /** When it was pushed, RFC 3339. */
  at: string
}

export interface Repository {
  blobs: Set<string>
  manifests: Map<string, ManifestRecord>
  tags: Map<string, TagRecord>
  /** Digest of a subject -> digests of the manifests about it. */
  referrers: Map<string, Set<string>>
}

/** A log that has this many changes more than what lives is rewritten at the next start. */
const WASTE_LIMIT = 1_000

/** Repositories, their tags, manifests and blobs: in memory to read, in the log to last. */
export class Catalog {
  readonly #log: MetadataLog
  readonly #repositories = new Map<string, Repository>()
  readonly #observers: ((change: MetadataChange) => void)[] = []

  private constructor(log: MetadataLog) {
    this.#log = log
  }

  static async open(log: MetadataLog): Promise<Catalog> {
    const catalog = new Catalog(log)
    let read = 0
    for await (const batch of log.read()) {
      read += batch.length
      for (const change of batch) catalog.#apply(change)
    }
    const living = [...catalog.#snapshot()]
    if (read > living.length * 2 + WASTE_LIMIT) await log.rewrite(living.map((change) => [change]))
    return catalog
  }

  repository(name: string): Repository | undefined {
    return this.#repositories.get(name)
  }

  /** Names of the repositories that hold something to pull, sorted. */
  names(): string[] {
    const held = [...this.#repositories].filter(([, { manifests }]) => manifests.size > 0)
    return held.map(([name]) => name).sort()
  }

  /** Names of the repositories that a blob can be had from. */
  holding(blob: string): string[] {
    return [...this.#repositories].filter(([, { blobs }]) => blobs.has(blob)).map(([name]) => name)
  }

  /** The manifest behind a tag or digest. */
  manifest(name: string, reference: string): ManifestRecord | undefined {
    const repository = this.#repositories.get(name)
    const digest = reference.includes(':') ? reference : repository?.tags.get(reference)?.digest
    return digest === undefined ? undefined : repository?.manifests.get(digest)
  }

  /** Makes the changes durable, then visible, all at once. */
  async commit(batch: MetadataChange[]): Promise<void> {
    await this.#log.append(batch)
    for (const change of batch) {
      this.#apply(change)
      for (const observe of this.#observers) observe(change)
    }
  }

  /** Calls `observer` with everything that lives, then with every change. */
  observe(observer: (change: MetadataChange) => void): void {
    for (const change of this.#snapshot()) observer(change)
    this.#observers.push(observer)
  }

  #apply(change: MetadataChange): void {
    const repository = this.#repositories.get(change.repository) ?? newRepository()
    this.#repositories.set(change.repository, repository)
    switch (change.op) {
      case 'link-blob':
        repository.blobs.add(change.digest)
        break
      case 'unlink-blob':
        repository.blobs.delete(change.digest)
        break
      case 'put-manifest':
        putManifest(repository, change.manifest)
        break
      case 'delete-manifest':
        deleteManifest(repository, change.digest)
        break
      case 'tag':
        repository.tags.set(change.tag, { digest: change.digest, at: change.at })
        break
      case 'untag':
        repository.tags.delete(change.tag)
        break
    }
  }

  *#snapshot(): Iterable<MetadataChange> {
    for (const [repository, { blobs, manifests, tags }] of this.#repositories) {
      for (const digest of blobs) yield { op: 'link-blob', repository, digest }
      for (const manifest of manifests.values()) yield { op: 'put-manifest', repository, manifest }
      for (const [tag, { digest, at }] of tags) yield { op: 'tag', repository, tag, digest, at }
    }
  }
}

const newRepository = (): Repository => ({
  blobs: new Set(),
  manifests: new Map(),
  tags: new Map(),
  referrers: new Map(),
})

function putManifest({ manifests, referrers }: Repository, manifest: ManifestRecord): void {
  manifests.set(manifest.digest, manifest)
  if (manifest.subject === undefined) return
  const about = referrers.get(manifest.subject) ?? new Set()
  referrers.set(manifest.subject, about.add(manifest.digest))
}

function deleteManifest({ manifests, referrers }: Repository, digest: string): void {
  const subject = manifests.get(digest)?.subject
  manifests.delete(digest)
  if (subject !== undefined) referrers.get(subject)?.delete(digest)
}
