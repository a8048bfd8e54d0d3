import type { Readable } from 'node:stream'
import { UserError } from '@slipway/errors'
import { withAlgorithm } from './container-config.ts'
import { type EngineHttp, isNotFound } from './engine-http.ts'
import type { BuildRequest, EngineInfo, ImageInfo, ImageSummary, OutputHandler, TransferOptions } from './port.ts'
import { followProgress, type ProgressLine } from './progress.ts'

/** The image half of the engine. */
export class Images {
  readonly #http: EngineHttp
  readonly #info: EngineInfo

  constructor(http: EngineHttp, info: EngineInfo) {
    this.#http = http
    this.#info = info
  }

  async build(request: BuildRequest, onOutput?: OutputHandler): Promise<{ imageId: string }> {
    const response = await this.#http.stream({
      method: 'POST',
      path: '/build',
      tar: request.context,
      query: {
        dockerfile: request.dockerfile,
        t: request.tags,
        buildargs: request.buildArgs && JSON.stringify(request.buildArgs),
        labels: request.labels && JSON.stringify(request.labels),
        target: request.target,
        platform: request.platform,
        nocache: request.noCache ? '1' : undefined,
        pull: request.pull ? '1' : undefined,
        rm: '1',
        forcerm: '1',
      },
      ...(request.registries && { headers: { 'X-Registry-Config': encodeAuth(request.registries) } }),
      ...(request.signal && { signal: request.signal }),
    })
    const lines = await followProgress(response, 'IMAGE_BUILD_FAILED', onOutput)
    const imageId = builtImage(lines) ?? (request.tags?.[0] && (await this.inspect(request.tags[0]))?.id)
    if (imageId) return { imageId }
    throw new UserError('IMAGE_BUILD_FAILED', 'the build ended without an image', {
      hint: 'read the build output above',
    })
  }

  async push(reference: string, options: TransferOptions = {}, onOutput?: OutputHandler): Promise<{ digest: string }> {
    const { name, tag } = splitTag(reference)
    const response = await this.#http.stream({
      method: 'POST',
      path: `/images/${encodeName(name)}/push`,
      // Docker's own registry settings decide about TLS; Podman takes it per request.
      query: { tag, tlsVerify: options.insecure && this.#info.name === 'podman' ? 'false' : undefined },
      headers: { 'X-Registry-Auth': encodeAuth(authOf(options)) },
      ...(options.signal && { signal: options.signal }),
    })
    const lines = await followProgress(response, 'IMAGE_TRANSFER_FAILED', onOutput)
    const digest = pushedDigest(lines)
    if (digest) return { digest }
    throw new UserError('IMAGE_TRANSFER_FAILED', `pushing ${reference} ended without a digest`)
  }

  async pull(reference: string, options: TransferOptions = {}, onOutput?: OutputHandler): Promise<{ imageId: string }> {
    const response = await this.#http.stream({
      method: 'POST',
      path: '/images/create',
      query: {
        fromImage: reference,
        platform: options.platform,
        tlsVerify: options.insecure && this.#info.name === 'podman' ? 'false' : undefined,
      },
      headers: { 'X-Registry-Auth': encodeAuth(authOf(options)) },
      ...(options.signal && { signal: options.signal }),
    })
    await followProgress(response, 'IMAGE_TRANSFER_FAILED', onOutput)
    const image = await this.inspect(reference)
    if (image) return { imageId: image.id }
    throw new UserError('IMAGE_TRANSFER_FAILED', `pulling ${reference} ended without an image`)
  }

  async load(archive: Readable, signal?: AbortSignal): Promise<string[]> {
    const response = await this.#http.stream({
      method: 'POST',
      path: '/images/load',
      tar: archive,
      ...(signal && { signal }),
    })
    const lines = await followProgress(response, 'IMAGE_TRANSFER_FAILED')
    return lines.flatMap(({ stream = '' }) => loadedNames(stream))
  }

  save(reference: string, signal?: AbortSignal): Promise<Readable> {
    return this.#http.stream({ method: 'GET', path: `/images/${encodeName(reference)}/get`, ...(signal && { signal }) })
  }

  async tag(reference: string, target: string): Promise<void> {
    const { name, tag } = splitTag(target)
    await this.#http.json({
      method: 'POST',
      path: `/images/${encodeName(reference)}/tag`,
      query: { repo: name, tag },
    })
  }

  async inspect(reference: string): Promise<ImageInfo | undefined> {
    try {
      return imageInfo(await this.#http.json({ method: 'GET', path: `/images/${encodeName(reference)}/json` }))
    } catch (error) {
      if (isNotFound(error)) return undefined
      throw error
    }
  }

  async list(labels: Record<string, string>): Promise<ImageSummary[]> {
    const filter = Object.entries(labels).map(([name, value]) => (value === '' ? name : `${name}=${value}`))
    const images = await this.#http.json<Pick<ImageAnswer, 'Id' | 'RepoTags' | 'RepoDigests' | 'Size'>[]>({
      method: 'GET',
      path: '/images/json',
      // Podman refuses a filter that asks for nothing.
      query: { filters: filter.length > 0 ? JSON.stringify({ label: filter }) : undefined },
    })
    return images.map((image) => ({
      id: withAlgorithm(image.Id),
      tags: image.RepoTags ?? [],
      digests: image.RepoDigests ?? [],
      size: image.Size,
    }))
  }

  async remove(reference: string, force = false): Promise<boolean> {
    try {
      await this.#http.json({
        method: 'DELETE',
        path: `/images/${encodeName(reference)}`,
        query: { force: force ? 'true' : undefined },
      })
      return true
    } catch (error) {
      if (isNotFound(error)) return false
      throw error
    }
  }
}

/** `host:port/name:tag@digest` -> name and tag; a colon before the last slash belongs to the port. */
export function splitTag(reference: string): { name: string; tag: string } {
  const [named = reference] = reference.split('@')
  const colon = named.indexOf(':', named.lastIndexOf('/') + 1)
  return colon < 0 ? { name: named, tag: 'latest' } : { name: named.slice(0, colon), tag: named.slice(colon + 1) }
}

/** References keep their slashes in paths of the Docker API. */
const encodeName = (name: string): string => name.split('/').map(encodeURIComponent).join('/')

function authOf({ username, password }: TransferOptions): object {
  return username === undefined ? {} : { username, password }
}

/** The Docker API wants URL-safe base64 with padding. */
function encodeAuth(auth: object): string {
  return Buffer.from(JSON.stringify(auth)).toString('base64').replaceAll('+', '-').replaceAll('/', '_')
}

function builtImage(lines: ProgressLine[]): string | undefined {
  const id = lines.findLast((line) => line.aux?.ID)?.aux?.ID
  if (id) return withAlgorithm(id)
  const text = lines.map((line) => line.stream ?? '').join('')
  const built = [...text.matchAll(/Successfully built ([0-9a-f]{64})/g)].at(-1)?.[1]
  return built && withAlgorithm(built)
}

function pushedDigest(lines: ProgressLine[]): string | undefined {
  const digest = lines.findLast((line) => line.aux?.Digest)?.aux?.Digest
  if (digest) return digest
  return lines.map((line) => /digest: (sha256:[0-9a-f]{64})/.exec(line.status ?? line.stream ?? '')?.[1]).find(Boolean)
}

function loadedNames(text: string): string[] {
  return [...text.matchAll(/Loaded image(?:\(s\)| ID)?: (.+)/g)].flatMap((match) =>
    (match[1] ?? '').trim().split(/,\s*/),
  )
}

interface ImageAnswer {
  Id: string
  RepoTags?: string[] | null
  RepoDigests?: string[] | null
  Size: number
  Created: string
  Architecture: string
  Os: string
  Config?: {
    Labels?: Record<string, string> | null
    Env?: string[] | null
    Entrypoint?: string[] | null
    Cmd?: string[] | null
    User?: string
    WorkingDir?: string
    ExposedPorts?: Record<string, object> | null
  } | null
}

function imageInfo(answer: ImageAnswer): ImageInfo {
  const config = answer.Config ?? {}
  return {
    id: withAlgorithm(answer.Id),
    tags: answer.RepoTags ?? [],
    digests: answer.RepoDigests ?? [],
    size: answer.Size,
    created: answer.Created,
    architecture: answer.Architecture,
    os: answer.Os,
    labels: config.Labels ?? {},
    env: config.Env ?? [],
    entrypoint: config.Entrypoint ?? [],
    command: config.Cmd ?? [],
    user: config.User ?? '',
    workingDir: config.WorkingDir ?? '',
    exposedPorts: Object.keys(config.ExposedPorts ?? {}),
  }
}
