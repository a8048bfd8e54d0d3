import { type Descriptor, parseManifest } from '@slipway/oci-format'
import type { Content } from '../content/content.ts'
import { manifestRecord } from '../content/put-manifest.ts'
import { isWithin } from '../elapsed.ts'
import type { ManifestRecord, MetadataChange } from '../metadata/changes.ts'
import type { Metrics } from '../metrics/metrics.ts'
import type { RegistrySettings, Upstream } from '../policy/settings.ts'
import { Refusal } from '../refusal.ts'
import type { Download } from './download.ts'
import { Downloads } from './downloads.ts'
import { UpstreamClient, UpstreamSilent } from './upstream-client.ts'

/** What stands for a repository of another registry. */
export interface CachedRepository {
  upstream: Upstream
  /** Its name here, `<upstream>/<name there>`. */
  name: string
  /** Its name there. */
  repository: string
}

/** How content was come by: it was here, it was here and the other side says that it still holds, it was here and the other side is silent, it was fetched. */
export type Outcome = 'hit' | 'revalidated' | 'offline' | 'miss'

/** Tags of which it is remembered when they were last looked at. */
const REMEMBERED = 10_000

export interface PullThroughDeps {
  content: Content
  settings: () => RegistrySettings
  metrics: Metrics
  clock: () => number
  /** Milliseconds for which an upstream may keep us waiting. */
  upstreamPatience: number
  /** Told when an upstream falls silent or answers again. */
  onReport: (words: string) => void
  onError: (error: unknown) => void
}

/** Repositories that stand for those of other registries: what is asked for is fetched, kept, and served from here from then on. */
export class PullThrough {
  readonly #deps: PullThroughDeps
  /** A client is made anew when the settings of its upstream change. */
  readonly #clients = new WeakMap<Upstream, UpstreamClient>()
  /** When the other side last said what a tag is, by repository and tag. */
  readonly #checked = new Map<string, number>()
  readonly #fetching = new Map<string, Promise<ManifestRecord>>()
  readonly #downloads: Downloads

  constructor(deps: PullThroughDeps) {
    this.#deps = deps
    this.#downloads = new Downloads(deps)
  }

  /** Undefined for a repository of our own. */
  of(name: string): CachedRepository | undefined {
    const slash = name.indexOf('/')
    const upstream = slash < 0 ? undefined : this.#upstream((candidate) => candidate.name === name.slice(0, slash))
    return upstream && { upstream, name, repository: name.slice(slash + 1) }
  }

  /** The name here of a repository of the registry `host`, as a mirror is asked for it (containerd, `?ns=`). */
  nameOf(host: string, repository: string): string | undefined {
    const upstream = this.#upstream((candidate) => candidate.host === host)
    return upstream && `${upstream.name}/${repository}`
  }

  /** Makes sure that what a reference means by now is here. Throws Refusal. */
  async manifest(cached: CachedRepository, reference: string): Promise<Outcome> {
    const outcome = await this.#manifest(cached, reference)
    this.#deps.metrics.cacheAsked(cached.upstream.name, 'manifest', outcome)
    return outcome
  }

  /** A download that is to be read along; undefined when the blob is here. Throws Refusal. */
  async blob(cached: CachedRepository, digest: string): Promise<Download | undefined> {
    const isHere = await this.#isHere(cached, digest)
    this.#deps.metrics.cacheAsked(cached.upstream.name, 'blob', isHere ? 'hit' : 'miss')
    if (isHere) return undefined
    return this.#downloads.start({ name: cached.name, upstream: cached.upstream.name, digest }, () =>
      this.#orUnavailable(cached, digest, () => this.#client(cached).blob(cached.repository, digest)),
    )
  }

  /** Bytes; undefined when neither here nor there is such a blob. Nothing is fetched. */
  async blobSize(cached: CachedRepository, digest: string): Promise<number | undefined> {
    if (await this.#isHere(cached, digest)) return (await this.#deps.content.blobs.stat(digest))?.size
    return this.#orUnavailable(cached, digest, () => this.#client(cached).blobSize(cached.repository, digest))
  }

  /** What the other side has, or what is here when it is silent. */
  async tags(cached: CachedRepository): Promise<string[]> {
    try {
      return (await this.#client(cached).tags(cached.repository)).sort()
    } catch (error) {
      if (!(error instanceof UpstreamSilent)) throw error
      return [...(this.#deps.content.catalog.repository(cached.name)?.tags.keys() ?? [])].sort()
    }
  }

  /** The manifests about a manifest, as the other side has them; undefined when it is silent. */
  async referrers(cached: CachedRepository, digest: string): Promise<Descriptor[] | undefined> {
    try {
      return await this.#client(cached).referrers(cached.repository, digest)
    } catch (error) {
      if (error instanceof UpstreamSilent) return undefined
      throw error
    }
  }

  async #manifest(cached: CachedRepository, reference: string): Promise<Outcome> {
    const { name, upstream, repository } = cached
    const known = await this.#known(name, reference)
    const isDigest = reference.includes(':')
    const key = `${name}:${reference}`
    const now = this.#deps.clock()
    if (known && (isDigest || isWithin(now, this.#checked.get(key) ?? 0, upstream.freshness))) return 'hit'
    try {
      const digest = isDigest ? undefined : await this.#client(cached).digestOf(repository, reference)
      if (known && digest === known.digest) {
        this.#remember(key, now)
        return 'revalidated'
      }
      if (known && !isDigest && digest === undefined) {
        throw new Refusal('MANIFEST_UNKNOWN', `${upstream.host} has no ${repository}:${reference} any more`)
      }
      await this.#fetch(cached, reference)
      this.#remember(key, now)
      return 'miss'
    } catch (error) {
      if (!(error instanceof UpstreamSilent)) throw error
      if (known) return 'offline'
      throw unavailable(cached, reference, error)
    }
  }

  /** What was lost, or set aside for what a disk made of it, is fetched anew: nobody can push it here. */
  async #known(name: string, reference: string): Promise<ManifestRecord | undefined> {
    const { catalog, blobs } = this.#deps.content
    const record = catalog.manifest(name, reference)
    return record && (await blobs.stat(record.digest)) ? record : undefined
  }

  #remember(key: string, now: number): void {
    this.#checked.delete(key)
    this.#checked.set(key, now)
    if (this.#checked.size <= REMEMBERED) return
    for (const [oldest] of this.#checked) {
      this.#checked.delete(oldest)
      return
    }
  }

  #fetch(cached: CachedRepository, reference: string): Promise<ManifestRecord> {
    const key = `${cached.name} ${reference}`
    const running = this.#fetching.get(key)
    if (running) return running
    const fetching = this.#store(cached, reference).finally(() => this.#fetching.delete(key))
    this.#fetching.set(key, fetching)
    return fetching
  }

  async #store({ upstream, name, repository }: CachedRepository, reference: string): Promise<ManifestRecord> {
    const { content, metrics } = this.#deps
    const fetched = await this.#clientOf(upstream).manifest(repository, reference)
    const { bytes, digest, mediaType } = fetched
    metrics.cacheFetched(upstream.name, 'manifest', bytes.length)
    const manifest = parseManifest(bytes.toString('utf8'), mediaType)
    const record = manifestRecord(manifest, { digest, size: bytes.length, at: content.now() })
    const tag: MetadataChange[] = reference.includes(':')
      ? []
      : [{ op: 'tag', repository: name, tag: reference, digest, at: record.at }]
    const added = content.catalog.repository(name)?.manifests.has(digest) ? 0 : bytes.length
    await content.quotas.during(name, added, () =>
      content.holds.during([digest], async () => {
        await content.store(bytes, digest)
        await content.locked(name, () =>
          content.catalog.commit([{ op: 'put-manifest', repository: name, manifest: record }, ...tag]),
        )
      }),
    )
    return record
  }

  async #isHere({ name }: CachedRepository, digest: string): Promise<boolean> {
    const { content } = this.#deps
    return content.hasBlob(name, digest) && (await content.blobs.stat(digest)) !== undefined
  }

  async #orUnavailable<T>(cached: CachedRepository, what: string, ask: () => Promise<T>): Promise<T> {
    try {
      return await ask()
    } catch (error) {
      throw error instanceof UpstreamSilent ? unavailable(cached, what, error) : error
    }
  }

  #client({ upstream }: CachedRepository): UpstreamClient {
    return this.#clientOf(upstream)
  }

  #clientOf(upstream: Upstream): UpstreamClient {
    const known = this.#clients.get(upstream)
    if (known) return known
    const client = new UpstreamClient(upstream, this.#deps)
    this.#clients.set(upstream, client)
    return client
  }

  #upstream(isMeant: (upstream: Upstream) => boolean): Upstream | undefined {
    return this.#deps.settings().upstreams.find(isMeant)
  }
}

function unavailable({ name }: CachedRepository, reference: string, silent: UpstreamSilent): Refusal {
  const separator = reference.includes(':') ? '@' : ':'
  return new Refusal(silent.code, `${name}${separator}${reference} is not in the cache, and ${silent.message}`, {
    headers: { 'retry-after': String(Math.max(1, Math.ceil(silent.retryAfter / 1000))) },
  })
}
