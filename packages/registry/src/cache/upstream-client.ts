import { messageOf, SlipwayError, TransientError } from '@slipway/errors'
import type { Descriptor } from '@slipway/oci-format'
import { type FetchedManifest, type OpenBlob, RegistryClient } from '@slipway/registry-client'
import { isWithin } from '../elapsed.ts'
import type { Upstream } from '../policy/settings.ts'
import { Refusal } from '../refusal.ts'

/**
 * Milliseconds for which a registry that did not answer is not asked again, unless it says for how long: pulls of what is here must
 * not wait for it each time.
 */
const SILENCE = 10_000

/** Says that a registry can't be asked now; what it had said before may still be served. */
export class UpstreamSilent extends Error {
  /** skopeo and podman wait as long as they are asked to where they are told of too many requests, and nowhere else. */
  readonly code: 'UNAVAILABLE' | 'TOOMANYREQUESTS'
  /** Milliseconds after which it may be asked again. */
  readonly retryAfter: number

  constructor({ why, code, span, since }: Silence, now: number) {
    super(why)
    this.code = code
    this.retryAfter = Math.max(0, since + span - now)
  }
}

/** That a registry can't be asked, in words, since when and for how long. */
interface Silence {
  why: string
  code: UpstreamSilent['code']
  since: number
  span: number
}

export interface UpstreamClientDeps {
  clock: () => number
  /** Told when the registry falls silent, and when it answers again: most clients show their users no more than "503". */
  onReport: (words: string) => void
  /** Milliseconds for which it may keep us waiting. */
  upstreamPatience: number
}

/**
 * One upstream registry. What it refuses becomes a Refusal in its place; that it does not answer, fails or is too busy is
 * UpstreamSilent.
 */
export class UpstreamClient {
  readonly #upstream: Upstream
  readonly #client: RegistryClient
  readonly #clock: () => number
  readonly #onReport: (words: string) => void
  /** Undefined as long as it answers. */
  #silence: Silence | undefined

  constructor(upstream: Upstream, { clock, onReport, upstreamPatience: patience }: UpstreamClientDeps) {
    const { url, credentials } = upstream
    this.#upstream = upstream
    this.#clock = clock
    this.#onReport = onReport
    this.#client = new RegistryClient({ resolveHost: () => url, credentials: () => credentials, patience })
  }

  /** The digest that a tag has there now; undefined when the registry has none. */
  async digestOf(repository: string, tag: string): Promise<string | undefined> {
    const target = this.#target(repository)
    return this.#ask(async () => (await this.#client.headManifest({ ...target, tag }))?.digest, repository)
  }

  async manifest(repository: string, reference: string): Promise<FetchedManifest> {
    const target = this.#target(repository)
    const named = reference.includes(':') ? { digest: reference } : { tag: reference }
    return this.#ask(() => this.#client.getManifest({ ...target, ...named }), repository, 'MANIFEST_UNKNOWN')
  }

  /** Bytes; undefined when the repository has no such blob. */
  async blobSize(repository: string, digest: string): Promise<number | undefined> {
    return this.#ask(() => this.#client.headBlob(this.#target(repository), digest), repository)
  }

  async blob(repository: string, digest: string): Promise<OpenBlob> {
    return this.#ask(() => this.#client.openBlob(this.#target(repository), digest), repository, 'BLOB_UNKNOWN')
  }

  async tags(repository: string): Promise<string[]> {
    return this.#ask(() => this.#client.listTags(this.#target(repository)), repository, 'NAME_UNKNOWN')
  }

  async referrers(repository: string, digest: string): Promise<Descriptor[]> {
    return this.#ask(() => this.#client.listReferrers({ ...this.#target(repository), digest }), repository)
  }

  #target(repository: string): { host: string; repository: string } {
    const { host } = this.#upstream
    // Docker's own images bear no namespace in their names (parseReference does the same for whole references).
    const isOfficial = host === 'docker.io' && !repository.includes('/')
    return { host, repository: isOfficial ? `library/${repository}` : repository }
  }

  async #ask<T>(
    ask: () => Promise<T>,
    repository: string,
    unknown: 'MANIFEST_UNKNOWN' | 'BLOB_UNKNOWN' | 'NAME_UNKNOWN' = 'MANIFEST_UNKNOWN',
  ): Promise<T> {
    const now = this.#clock()
    if (this.#silence && isWithin(now, this.#silence.since, this.#silence.span)) {
      throw new UpstreamSilent(this.#silence, now)
    }
    try {
      const answer = await ask()
      this.#heard()
      return answer
    } catch (error) {
      const refusal = this.#refusalOf(error, repository, unknown)
      if (!(refusal instanceof UpstreamSilent)) this.#heard()
      throw refusal
    }
  }

  #refusalOf(
    error: unknown,
    repository: string,
    unknown: 'MANIFEST_UNKNOWN' | 'BLOB_UNKNOWN' | 'NAME_UNKNOWN',
  ): unknown {
    if (!(error instanceof SlipwayError)) return error
    const { name, host } = this.#upstream
    switch (error.code) {
      case 'REGISTRY_NOT_FOUND':
        return new Refusal(unknown, `${host} has it not: ${messageOf(error)}`)
      case 'REGISTRY_UNAUTHORIZED':
      case 'REGISTRY_DENIED':
        return new Refusal(
          'DENIED',
          `${host} does not let this cache read ${repository}, or has it not; RegistryCache ${name} says as whom it asks`,
        )
      default:
        if (error.class === 'user') return new Refusal(unknown, messageOf(error))
        return this.#fellSilent(error)
    }
  }

  #fellSilent(error: SlipwayError): UpstreamSilent {
    const { name, host } = this.#upstream
    const why = `${host} can't be asked: ${messageOf(error)}`
    if (!this.#silence) this.#onReport(`cache ${name}: ${why}; what is here is served until it answers again`)
    const span = (error instanceof TransientError ? error.retryAfter : undefined) ?? SILENCE
    const code = error.code === 'REGISTRY_TOO_MANY_REQUESTS' ? 'TOOMANYREQUESTS' : 'UNAVAILABLE'
    const since = this.#clock()
    this.#silence = { why, code, since, span }
    return new UpstreamSilent(this.#silence, since)
  }

  #heard(): void {
    if (!this.#silence) return
    this.#silence = undefined
    this.#onReport(`cache ${this.#upstream.name}: ${this.#upstream.host} answers again`)
  }
}
