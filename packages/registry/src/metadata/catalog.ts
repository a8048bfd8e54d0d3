import { Compaction } from '../log/compaction.ts'
import type { Log } from '../port.ts'
import type { ManifestRecord, MetadataChange } from './changes.ts'
import type { Complete } from './earlier-changes.ts'
import { HeldDigests } from './held-digests.ts'
import { Repository } from './repository.ts'

interface CatalogOptions {
  complete: Complete
  requireNew: () => Promise<void>
  onError: (error: unknown) => void
}

/** Stands in each log, so that one that was lost is not taken for a new one: nothing that is stored would be needed any more. */
const BEGIN: MetadataChange[] = []

/** Repositories, their tags, manifests and blobs: in memory to read, in the log to last. */
export class Catalog {
  readonly #log: Log<MetadataChange[]>
  readonly #compaction: Compaction<MetadataChange[]>
  readonly #held = new HeldDigests()
  readonly #repositories = new Map<string, Repository>()
  readonly #observers: ((change: MetadataChange) => void)[] = []

  private constructor(log: Log<MetadataChange[]>, onError: (error: unknown) => void) {
    this.#log = log
    this.#compaction = new Compaction(log, () => [BEGIN, ...[...this.#snapshot()].map((change) => [change])], onError)
  }

  /**
   * `onError` is told when the log can't be written anew; it goes on growing then. `requireNew` is called where the log has nothing,
   * and throws where that can't be.
   */
  static async open(log: Log<MetadataChange[]>, { complete, requireNew, onError }: CatalogOptions): Promise<Catalog> {
    const catalog = new Catalog(log, onError)
    let entries = 0
    let isOld = false
    for await (const batch of log.read()) {
      entries += 1
      for (const change of batch) {
        const whole = await complete(change)
        isOld ||= whole !== change
        catalog.#apply(whole)
      }
    }
    if (entries === 0) {
      await requireNew()
      await log.append(BEGIN)
    }
    await catalog.#compaction.opened(entries, { force: isOld })
    return catalog
  }

  repository(name: string): Repository | undefined {
    return this.#repositories.get(name)
  }

  repositories(): Iterable<Repository> {
    return this.#repositories.values()
  }

  /** Names of the repositories that hold something to pull, sorted. */
  names(): string[] {
    const held = [...this.#repositories.values()].filter(({ manifests }) => manifests.size > 0)
    return held.map(({ name }) => name).sort()
  }

  /** Names of the repositories that a blob can be had from. */
  holding(blob: string): string[] {
    if (this.#held.count(blob) === 0) return []
    return [...this.#repositories.values()].filter(({ blobs }) => blobs.has(blob)).map(({ name }) => name)
  }

  /** Names of the repositories that it is in, as blob or manifest, sorted. */
  namesWith(digest: string): string[] {
    const repositories = [...this.#repositories.values()]
    const those = repositories.filter(({ blobs, manifests }) => blobs.has(digest) || manifests.has(digest))
    return those.map(({ name }) => name).sort()
  }

  /** Of all blobs and manifests that a repository holds. */
  digests(): Iterable<string> {
    return this.#held.all()
  }

  /** How many repositories hold it, as blob or manifest. */
  holders(digest: string): number {
    return this.#held.count(digest)
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
    this.#compaction.grew()
  }

  /** Calls `observer` with everything that lives, then with every change. */
  observe(observer: (change: MetadataChange) => void): void {
    for (const change of this.#snapshot()) observer(change)
    this.#observers.push(observer)
  }

  #apply(change: MetadataChange): void {
    const repository = this.#repositories.get(change.repository) ?? new Repository(change.repository, this.#held)
    repository.apply(change)
    if (change.op === 'delete-repository') this.#repositories.delete(change.repository)
    else this.#repositories.set(change.repository, repository)
  }

  *#snapshot(): Iterable<MetadataChange> {
    for (const repository of this.#repositories.values()) yield* repository.snapshot()
  }
}
