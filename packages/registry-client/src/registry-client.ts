import type { Readable } from 'node:stream'
import { UserError } from '@slipway/errors'
import {
  type Descriptor,
  digestOf,
  formatReference,
  isChartLayer,
  type Manifest,
  mediaTypes,
  parseDigest,
  parseManifest,
  type Reference,
} from '@slipway/oci-format'
import { type BlobUpload, headBlob, mountBlob, type OpenBlob, openBlob, uploadBlob } from './blobs.ts'
import { digestError, readObject } from './errors.ts'
import { readAll } from './read-body.ts'
import { type RegistryAccess, type RegistryAnswer, type RegistryCall, RegistryHttp } from './registry-http.ts'
import { headerOf, manifestCall, nextPage, pull, push, read, requireStatus, type Target } from './targets.ts'
import { hash } from './verified.ts'

export interface FetchedManifest {
  manifest: Manifest
  /** As the registry has it, byte for byte. */
  bytes: Buffer
  mediaType: string
  digest: string
}

export interface PullChartOptions {
  /** @default 'chart' */
  readonly part?: 'chart' | 'provenance'
  readonly signal?: AbortSignal | undefined
}

export interface PulledChart {
  /** The packaged chart, or what else of it was asked for. */
  bytes: Buffer
  /** Of the manifest. */
  digest: string
}

export interface ChartUpload {
  /** The packaged chart. */
  archive: Uint8Array
  /** Its Chart.yaml as JSON. */
  config: Uint8Array
  provenance?: Uint8Array
  annotations: Record<string, string>
}

/** Bytes. */
const MANIFEST_LIMIT = 8 * 1024 * 1024
const CHART_LIMIT = 32 * 1024 * 1024
const BLOB_LIMIT = 32 * 1024 * 1024
/** Also for what our own registry says of ten thousand repositories. */
const LIST_LIMIT = 32 * 1024 * 1024

/**
 * OCI registries, as a client. Everything that comes is checked against its digest. Throws UserError REGISTRY_UNAUTHORIZED,
 * REGISTRY_DENIED, REGISTRY_NOT_FOUND, REGISTRY_REFUSED; TransientError REGISTRY_UNAVAILABLE, REGISTRY_TOO_MANY_REQUESTS,
 * REGISTRY_UNREACHABLE, REGISTRY_BROKEN_OFF, REGISTRY_DIGEST_MISMATCH, REGISTRY_ANSWER_INVALID. References are texts as
 * parseReference reads them.
 */
export class RegistryClient {
  readonly #http: RegistryHttp

  constructor(access: RegistryAccess) {
    this.#http = new RegistryHttp(access)
  }

  async getManifest(reference: Target, signal?: AbortSignal): Promise<FetchedManifest> {
    const target = read(reference)
    const answer = await this.#http.call({ ...manifestCall(target), signal })
    const bytes = await readAll(answer.body, MANIFEST_LIMIT, formatReference(target))
    const claimed = target.digest ?? headerOf(answer, 'docker-content-digest')
    const { algorithm } = parseDigest(claimed ?? '') ?? { algorithm: 'sha256' as const }
    const digest = digestOf(bytes, hash, algorithm)
    if (claimed !== undefined && claimed !== digest) throw digestError(formatReference(target), claimed, digest)
    const mediaType = headerOf(answer, 'content-type')?.split(';')[0]?.trim()
    const manifest = manifestOf(bytes, formatReference(target), mediaType)
    return { manifest, bytes, mediaType: manifest.mediaType, digest }
  }

  /** Undefined when there is none. */
  async headManifest(
    reference: Target,
    signal?: AbortSignal,
  ): Promise<{ mediaType: string; digest: string; size: number } | undefined> {
    const answer = await this.#http.call({ ...manifestCall(read(reference)), method: 'HEAD', accept: [404], signal })
    await answer.body.dump()
    if (answer.statusCode === 404) return undefined
    return {
      mediaType: headerOf(answer, 'content-type') ?? '',
      digest: headerOf(answer, 'docker-content-digest') ?? '',
      size: Number(headerOf(answer, 'content-length')),
    }
  }

  /** The stream fails at its end when the content is not what the digest says. */
  async getBlob(repository: Target, digest: string, signal?: AbortSignal): Promise<Readable> {
    return (await openBlob(this.#http, read(repository), digest, signal)).body
  }

  /** As getBlob, with the size as far as the registry says it. */
  openBlob(repository: Target, digest: string, signal?: AbortSignal): Promise<OpenBlob> {
    return openBlob(this.#http, read(repository), digest, signal)
  }

  /** Size in bytes; undefined when the repository has no such blob. */
  headBlob(repository: Target, digest: string, signal?: AbortSignal): Promise<number | undefined> {
    return headBlob(this.#http, read(repository), digest, signal)
  }

  /** The whole of a blob that must not be large. */
  async readBlob(repository: Target, digest: string, signal?: AbortSignal): Promise<Buffer> {
    return readAll(await this.getBlob(repository, digest, signal), BLOB_LIMIT, digest)
  }

  /** Stores bytes unless the repository has them; resolves to their digest. */
  async pushBlob(repository: Target, bytes: Uint8Array, signal?: AbortSignal): Promise<string> {
    const digest = digestOf(bytes, hash)
    await uploadBlob(this.#http, read(repository), { digest, size: bytes.length, body: bytes }, signal)
    return digest
  }

  /** Stores a stream of known digest and size unless the repository has them. */
  uploadBlob(repository: Target, blob: BlobUpload, signal?: AbortSignal): Promise<void> {
    return uploadBlob(this.#http, read(repository), blob, signal)
  }

  /** Takes a blob over from another repository of the same registry; false when the registry wants its bytes instead. */
  mountBlob(repository: Target, blob: { digest: string; from: string }, signal?: AbortSignal): Promise<boolean> {
    return mountBlob(this.#http, read(repository), blob, signal)
  }

  /** Resolves to the manifest's digest. */
  async putManifest(reference: Target, bytes: Uint8Array, mediaType: string, signal?: AbortSignal): Promise<string> {
    const target = read(reference)
    const { path, what } = manifestCall(target)
    const headers = { 'content-type': mediaType }
    const answer = await this.#http.call({ ...push(target), path, what, method: 'PUT', headers, body: bytes, signal })
    await answer.body.dump()
    requireStatus(answer, 201, what)
    return headerOf(answer, 'docker-content-digest') ?? digestOf(bytes, hash)
  }

  /** The manifests about a manifest: of the referrers API, or of the tag that stands in for it (distribution-spec, "Listing Referrers"). */
  async listReferrers(subject: Reference & { digest: string }, signal?: AbortSignal): Promise<Descriptor[]> {
    const { host, repository, digest } = subject
    const what = `referrers of ${formatReference(subject)}`
    const found: Descriptor[] = []
    let path: string | undefined = `/v2/${repository}/referrers/${digest}`
    while (path !== undefined) {
      const answer: RegistryAnswer = await this.#http.call({ ...pull(subject), path, what, accept: [404], signal })
      if (answer.statusCode === 404) {
        await answer.body.dump()
        return this.#taggedReferrers({ host, repository, tag: digest.replace(':', '-') }, signal)
      }
      found.push(...indexOf(await readAll(answer.body, MANIFEST_LIMIT, what), what))
      path = nextPage(answer)
    }
    return found
  }

  async #taggedReferrers(index: Reference, signal: AbortSignal | undefined): Promise<Descriptor[]> {
    const answer = await this.#http.call({ ...manifestCall(index), accept: [404], signal })
    const bytes = await readAll(answer.body, MANIFEST_LIMIT, formatReference(index))
    return answer.statusCode === 404 ? [] : indexOf(bytes, formatReference(index))
  }

  /** Removes a tag, or a manifest with all its tags. */
  async deleteManifest(reference: Target, signal?: AbortSignal): Promise<void> {
    const target = read(reference)
    const scope = `repository:${target.repository}:delete`
    await (await this.#http.call({ ...manifestCall(target), scope, method: 'DELETE', signal })).body.dump()
  }

  /** All tags of a repository, over as many pages as there are. */
  listTags(repository: Target, signal?: AbortSignal): Promise<string[]> {
    const target = read(repository)
    const what = `tags of ${target.host}/${target.repository}`
    return this.#pages({ ...pull(target), path: `/v2/${target.repository}/tags/list`, what, signal }, 'tags')
  }

  /** All repositories of a registry that has a catalog. */
  listRepositories(host: string, signal?: AbortSignal): Promise<string[]> {
    const call = { host, scope: 'registry:catalog:*', path: '/v2/_catalog', what: `repositories of ${host}`, signal }
    return this.#pages(call, 'repositories')
  }

  /** An answer in JSON from a path of the registry's own. */
  async askJson<T>(host: string, call: { path: string; method?: 'GET' | 'POST'; scope: string }): Promise<T> {
    const answer = await this.#http.call({ host, what: `${host}${call.path}`, ...call })
    return readJson<T>(answer, `${host}${call.path}`)
  }

  async #pages(call: RegistryCall, field: string): Promise<string[]> {
    const names: string[] = []
    let path: string | undefined = call.path
    while (path !== undefined) {
      const answer: RegistryAnswer = await this.#http.call({ ...call, path })
      names.push(...((await readJson<Record<string, string[] | null>>(answer, call.what))[field] ?? []))
      path = nextPage(answer)
    }
    return names
  }

  /** Stores a chart in Helm's OCI form; resolves to the manifest's digest. Equal charts and annotations give equal digests, Helm's too. */
  async pushChart(reference: Target, chart: ChartUpload, signal?: AbortSignal): Promise<string> {
    const target = read(reference)
    const parts = [
      { mediaType: mediaTypes.helmConfig, bytes: chart.config },
      { mediaType: mediaTypes.helmChart, bytes: chart.archive },
      ...(chart.provenance ? [{ mediaType: mediaTypes.helmProvenance, bytes: chart.provenance }] : []),
    ]
    const [config, ...layers] = parts.map(
      ({ mediaType, bytes }): Descriptor => ({ mediaType, digest: digestOf(bytes, hash), size: bytes.length }),
    )
    layers.sort((a, b) => (a.digest < b.digest ? -1 : 1))
    const annotations = Object.fromEntries(Object.entries(chart.annotations).sort(([a], [b]) => (a < b ? -1 : 1)))
    const manifest = Buffer.from(escapeHtml(JSON.stringify({ schemaVersion: 2, config, layers, annotations })))
    // As oras-go, by which Helm pushes: what is there needs its tag only.
    const { tag: _, ...repository } = target
    if (!(await this.headManifest({ ...repository, digest: digestOf(manifest, hash) }, signal))) {
      for (const { bytes } of parts) await this.pushBlob(target, bytes, signal)
    }
    return this.putManifest(target, manifest, mediaTypes.ociManifest, signal)
  }

  /** Resolves when the host takes our credentials, or asks for none. */
  async ping(host: string, signal?: AbortSignal): Promise<void> {
    const answer = await this.#http.call({ host, path: '/v2/', what: host, signal })
    await answer.body.dump()
  }

  /**
   * The packaged chart behind a reference such as `registry.example/helm/appawebapi:158.0.0`, or the provenance file that was
   * pushed with it. Throws UserError CHART_NOT_FOUND_IN_ARTIFACT.
   */
  async pullChart(reference: Target, { part = 'chart', signal }: PullChartOptions = {}): Promise<PulledChart> {
    const target = read(reference)
    const { manifest, digest } = await this.getManifest(target, signal)
    const isPart = (mediaType: string) =>
      part === 'chart' ? isChartLayer(mediaType) : mediaType === mediaTypes.helmProvenance
    const layer = manifest.kind === 'image' ? manifest.layers.find(({ mediaType }) => isPart(mediaType)) : undefined
    if (!layer && part === 'provenance') {
      throw new UserError('CHART_NOT_FOUND_IN_ARTIFACT', `${formatReference(target)} has no provenance file`, {
        hint: 'push the chart with its .prov file beside it',
      })
    }
    if (!layer) {
      throw new UserError('CHART_NOT_FOUND_IN_ARTIFACT', `${formatReference(target)} is no Helm chart`, {
        hint: 'push the chart with helm push or az acr helm push',
      })
    }
    const bytes = await readAll(await this.getBlob(target, layer.digest, signal), CHART_LIMIT, formatReference(target))
    return { bytes, digest }
  }
}

/** As Go's encoding/json writes these characters, which matters to the digest. */
function escapeHtml(json: string): string {
  return json.replaceAll(/[<>&]/g, (char) => `\\u00${char.charCodeAt(0).toString(16)}`)
}

/** What is JSON may be a manifest of another kind; what is none was sent by something in between. */
function manifestOf(bytes: Buffer, what: string, mediaType: string | undefined): Manifest {
  const text = bytes.toString('utf8')
  readObject(text, what)
  return parseManifest(text, mediaType)
}

function indexOf(bytes: Buffer, what: string): Descriptor[] {
  const manifest = manifestOf(bytes, what, mediaTypes.ociIndex)
  return manifest.kind === 'index' ? manifest.manifests : []
}

async function readJson<T>({ body }: RegistryAnswer, what: string): Promise<T> {
  return readObject((await readAll(body, LIST_LIMIT, what)).toString('utf8'), what) as T
}
